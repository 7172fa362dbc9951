"""What every request must bring and every reply carries."""

from apiflask import APIFlask
from flask import Response, request

from service.errors import UnsupportedMediaType

LARGEST_BODY = 16 * 1024
"""Bytes."""

_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


def register(app: APIFlask) -> None:
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.before_request(_demand_json)
    app.after_request(_harden)


def _demand_json() -> None:
    if request.method in _WITH_BODY and request.url_rule and request.mimetype != "application/json":
        raise UnsupportedMediaType


def _harden(reply: Response) -> Response:
    reply.headers["Cache-Control"] = "no-store"
    reply.headers["X-Content-Type-Options"] = "nosniff"
    return reply
