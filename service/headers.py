"""What every request must bring and every reply carries."""

from apiflask import APIFlask
from flask import Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from service.errors import UnsupportedMediaType

LARGEST_BODY = 16 * 1024
"""Bytes."""

_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_WITHOUT_BODY = frozenset({"/refresh", "/logout"})
"""Routes that take a token and nothing else."""


def register(app: APIFlask) -> None:
    # A body of untold length is cut off here and read as if it ended: one byte more tells that it is longer.
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY + 1
    app.before_request(_demand_json)
    app.before_request(_bound_body)
    app.after_request(_harden)


def _demand_json() -> None:
    if _takes_body() and request.path not in _WITHOUT_BODY and request.mimetype != "application/json":
        raise UnsupportedMediaType


def _bound_body() -> None:
    if _takes_body() and len(request.get_data()) > LARGEST_BODY:
        raise RequestEntityTooLarge


def _takes_body() -> bool:
    return request.url_rule is not None and request.method in _WITH_BODY


def _harden(reply: Response) -> Response:
    reply.headers.setdefault("Cache-Control", "no-store")
    reply.headers["X-Content-Type-Options"] = "nosniff"
    return reply
