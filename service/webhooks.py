"""Messages of the payment provider: verified as they came, before anything in them is read."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from apiflask import APIFlask
from flask import request

from service.context import context
from service.top_up_gate import ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, Message

View = TypeVar("View", bound=Callable[..., Any])

WEBHOOK = "webhook"


def register(app: APIFlask) -> None:
    """Say in the OpenAPI document how messages are signed."""
    app.security_schemes = {
        **(app.security_schemes or {}),
        WEBHOOK: {
            "type": "apiKey",
            "in": "header",
            "name": SIGNATURE_HEADER,
            "description": f"Of Standard Webhooks: over {ID_HEADER}, {TIMESTAMP_HEADER} and the body",
        },
    }


def from_provider(view: View) -> View:
    """Let a view run only for the payment provider. Put it above ``input``: 403 before 400."""

    @wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Any:
        context().top_up_gate.admit_provider(message())
        return view(*args, **kwargs)

    return cast("View", checked)


def message() -> Message:
    """Return the request as the message that it is."""
    given = request.headers.get
    return Message(
        given(ID_HEADER, ""), given(TIMESTAMP_HEADER, ""), given(SIGNATURE_HEADER, ""), request.get_data()
    )
