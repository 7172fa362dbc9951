"""Views that anybody may call, and those that users may guess at: only within the limits."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import request
from structlog.contextvars import bind_contextvars

from service.addresses import subscriber
from service.context import context
from service.rate_limits import Door
from service.tokens import signed_in_user

View = TypeVar("View", bound=Callable[..., Any])


def limited(door: Door) -> Callable[[View], View]:
    """Let a view run within the limits of ``door``. Put it above ``input``: what is malformed counts, too."""

    def decorate(view: View) -> View:
        @wraps(view)
        def admitted(*args: Any, **kwargs: Any) -> Any:
            context().rate_limits.admit(door, _address())
            return view(*args, **kwargs)

        return cast("View", admitted)

    return decorate


def guessed(door: Door) -> Callable[[View], View]:
    """Let a view run within what the signed-in user may guess at ``door``; a refusal of it is a miss.

    Put it above ``limited``: whoever has guessed too often takes nothing from others of the same address.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def counted(*args: Any, **kwargs: Any) -> Any:
            user = signed_in_user()
            bind_contextvars(user_id=str(user))
            _address()
            with context().rate_limits.guess(door, user):
                return view(*args, **kwargs)

        return cast("View", counted)

    return decorate


def _address() -> str:
    """Return whose limit the request counts against; the trail wants to know from where, too."""
    address = subscriber(request.remote_addr)
    bind_contextvars(address=address)
    return address
