"""One shape for every error, whoever raised it."""

from http import HTTPStatus
from typing import Any

import structlog
from apiflask import APIFlask
from apiflask.exceptions import HTTPError
from flask import Response, g, make_response
from structlog.contextvars import bind_contextvars

from wallet import errors

RETRY_AFTER_S = "1"

_log = structlog.get_logger(__name__)


class MalformedJson(errors.WalletError):
    code = "malformed_json"
    message = "The body must be one JSON object, in UTF-8, with each name once"


class UnsupportedMediaType(errors.WalletError):
    code = "unsupported_media_type"
    message = "Send JSON, with the header Content-Type: application/json"


_STATUS: dict[type[errors.WalletError], HTTPStatus] = {
    MalformedJson: HTTPStatus.BAD_REQUEST,
    UnsupportedMediaType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.InvalidInput: HTTPStatus.BAD_REQUEST,
    errors.WrongCredentials: HTTPStatus.UNAUTHORIZED,
    errors.WrongPin: HTTPStatus.FORBIDDEN,
    errors.Unauthenticated: HTTPStatus.UNAUTHORIZED,
    errors.Forbidden: HTTPStatus.FORBIDDEN,
    errors.TooMany: HTTPStatus.TOO_MANY_REQUESTS,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.KeyReused: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.Refused: HTTPStatus.CONFLICT,
    errors.Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}


def register(app: APIFlask) -> None:
    """Answer the wallet's errors, Flask's and unexpected ones in the one shape."""
    app.register_error_handler(errors.WalletError, _wallet_error)
    app.register_error_handler(Exception, _unexpected)
    app.error_processor(_http_error)


def _wallet_error(error: errors.WalletError) -> Response:
    status = status_of(type(error))
    if status is HTTPStatus.INTERNAL_SERVER_ERROR:
        return _unexpected(error)
    reply = _reply(status, str(error), error.code, getattr(error, "fields", None))
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        reply.headers["Retry-After"] = RETRY_AFTER_S
    if isinstance(error, errors.TooMany):
        reply.headers["Retry-After"] = str(error.retry_after_s)
    if status is HTTPStatus.UNAUTHORIZED:
        reply.headers["WWW-Authenticate"] = "Bearer"
    return reply


def status_of(kind: type[errors.WalletError]) -> HTTPStatus:
    """Return the status of a class of errors: its own, or that of its nearest ancestor."""
    known = (_STATUS[ancestor] for ancestor in kind.__mro__ if ancestor in _STATUS)
    return next(known, HTTPStatus.INTERNAL_SERVER_ERROR)


def _http_error(error: HTTPError) -> Response:
    """Shape what Flask and the input models refuse: 404, 405, 413, and 400 with the fields."""
    status = HTTPStatus(error.status_code)
    fields = _first_messages(error.detail)
    code = errors.InvalidInput.code if fields else status.name.lower()
    reply = _reply(status, error.message or status.phrase, code, fields)
    reply.headers.extend(error.headers)
    return reply


def _first_messages(detail: Any) -> dict[str, str]:
    """Flatten {location: {field: [messages]}} to {field: message}."""
    return {
        field: messages[0] if isinstance(messages, list) else str(messages)
        for fields in (detail or {}).values()
        for field, messages in fields.items()
    }


def _unexpected(error: Exception) -> Response:
    _log.error("request_failed", exc_info=error)
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return _reply(status, errors.WalletError.message, errors.WalletError.code)


def _reply(status: HTTPStatus, message: str, code: str, fields: dict[str, str] | None = None) -> Response:
    bind_contextvars(code=code)  # the access log says why, too
    body: dict[str, Any] = {"message": message, "code": code, "request_id": g.get("request_id", "")}
    if fields:
        body["errors"] = fields
    return make_response(body, status)
