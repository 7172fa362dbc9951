"""Views that anybody may call: only within the limits."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import request
from structlog.contextvars import bind_contextvars

from service.addresses import subscriber
from service.context import context
from service.rate_limits import Door

View = TypeVar("View", bound=Callable[..., Any])


def limited(door: Door) -> Callable[[View], View]:
    """Let a view run within the limits of ``door``. Put it above ``input``: what is malformed counts, too."""

    def decorate(view: View) -> View:
        @wraps(view)
        def admitted(*args: Any, **kwargs: Any) -> Any:
            address = subscriber(request.remote_addr)
            bind_contextvars(address=address)  # the trail wants to know from where
            context().rate_limits.admit(door, address)
            return view(*args, **kwargs)

        return cast("View", admitted)

    return decorate
