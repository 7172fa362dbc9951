"""One id through the life of a request: its reply, its log lines, and the watcher's for its transfer."""

import re
from time import perf_counter

from apiflask import APIFlask
from flask import Response, g, request
from structlog.contextvars import bind_contextvars, clear_contextvars

from wallet.rules.identity import new_id

HEADER = "X-Request-ID"

_GIVEN = re.compile(r"[A-Za-z0-9._-]{1,64}")


def register(app: APIFlask) -> None:
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    g.started = perf_counter()
    given = request.headers.get(HEADER, "")
    g.request_id = given if _GIVEN.fullmatch(given) else str(new_id())
    clear_contextvars()
    bind_contextvars(request_id=g.request_id)


def _end(reply: Response) -> Response:
    reply.headers[HEADER] = g.get("request_id", "")
    return reply
