"""A log line for each request, or for a share of them; what went wrong with money is always there."""

import random
from http import HTTPStatus
from time import perf_counter

import structlog
from apiflask import APIFlask
from flask import Response, g, request

_PROBES = frozenset({"/livez", "/readyz"})
_MONEY = frozenset({"/topup", "/topup/webhook", "/pay", "/transfer"})
_REFUSALS = frozenset(
    {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY}
)

_log = structlog.get_logger("service.access")


def register(app: APIFlask, sample: float) -> None:
    """Log the share ``sample`` (0 to 1) of the requests, all failures and all refusals to move money."""

    def log(reply: Response) -> Response:
        if request.path not in _PROBES and (_matters(reply) or random.random() < sample):  # noqa: S311 - a share of lines, no secret  # nosec B311
            _log.info(
                "request",
                method=request.method,
                route=str(request.url_rule),
                status=reply.status_code,
                milliseconds=round((perf_counter() - g.started) * 1_000, 1),
            )
        return reply

    app.after_request(log)


def _matters(reply: Response) -> bool:
    if reply.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return True
    return reply.status_code in _REFUSALS and request.path in _MONEY
