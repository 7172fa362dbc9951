"""What the OpenAPI document says of answers: every status that a route can answer, and its shape.

The framework knows what goes in; what comes out is written down here, beside no view, so that one look tells.
Tests send whatever the document allows, and much that it forbids, and hold the answers to it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

from apiflask import APIFlask

from service.errors import MalformedJson, UnsupportedMediaType, status_of
from service.export_shapes import EXPORT, QUEUED
from service.replies import Json
from service.request_ids import HEADER as REQUEST_ID
from service.result_shapes import (
    ACCEPTED,
    LINE,
    PAYMENT,
    PROFILE,
    REGISTERED,
    TOKENS,
    TOP_UP,
    TRANSFER,
    UPDATED,
)
from service.statement_shapes import MONTH, STATEMENT
from wallet import errors

KEY = "Idempotency-Key"

_JSON = "application/json"

Codes = dict[HTTPStatus, list[str]]
"""The codes of errors, by the status they come with."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a route answers when all is well, and the refusals that are its own."""

    status: HTTPStatus
    result: Json | None
    refusals: tuple[type[errors.WalletError], ...] = ()
    keyed: bool = False
    takes: tuple[str, ...] = ()
    """The names of other headers of the request."""
    carries: tuple[str, ...] = ()
    """The names of other headers of the answer."""
    also: "tuple[Also, ...]" = ()


@dataclass(frozen=True, slots=True)
class Also:
    """Another success: of another status, or in another form."""

    status: HTTPStatus
    result: Json | None = None
    media: str | None = _JSON
    """``None`` has no body."""
    carries: tuple[str, ...] = ()


_MOVE = (
    *(errors.WalletNotActive, errors.KeyReused, errors.OperationLimitExceeded),
    *(errors.DailyAmountExceeded, errors.DailyCountExceeded),
    *(errors.MonthlyAmountExceeded, errors.MonthlyCountExceeded),
)

ANSWERS = {
    "POST /register": Answer(HTTPStatus.CREATED, REGISTERED, (errors.PhoneTaken, errors.TooManyRequests)),
    "POST /login": Answer(
        HTTPStatus.OK, TOKENS, (errors.WrongCredentials, errors.TooManyAttempts, errors.TooManyRequests)
    ),
    "POST /refresh": Answer(HTTPStatus.OK, TOKENS),
    "POST /logout": Answer(HTTPStatus.OK, None),
    "PUT /pin": Answer(HTTPStatus.OK, None, (errors.WrongPin, errors.TooManyAttempts)),
    "GET /profile": Answer(HTTPStatus.OK, PROFILE),
    "PUT /profile": Answer(HTTPStatus.OK, UPDATED),
    "POST /topup": Answer(
        HTTPStatus.CREATED, TOP_UP, (*_MOVE, errors.BalanceCapExceeded, errors.Forbidden), keyed=True
    ),
    "POST /topup/webhook": Answer(
        HTTPStatus.CREATED,
        TOP_UP,
        (*_MOVE, errors.BalanceCapExceeded, errors.ReceiverNotFound, errors.NotFound, errors.Forbidden),
    ),
    "POST /pay": Answer(HTTPStatus.CREATED, PAYMENT, (*_MOVE, errors.InsufficientBalance), keyed=True),
    "POST /transfer": Answer(
        HTTPStatus.ACCEPTED,
        ACCEPTED,
        (*_MOVE, errors.InsufficientBalance, errors.ReceiverNotActive, errors.ReceiverNotFound),
        keyed=True,
    ),
    "GET /transfers/{transfer_id}": Answer(HTTPStatus.OK, TRANSFER, (errors.NotFound,)),
    "POST /exports": Answer(
        HTTPStatus.ACCEPTED,
        QUEUED,
        (errors.ExportsOff, errors.KeyReused, errors.TooManyExports, errors.TooManyRequests),
        keyed=True,
        carries=("Location",),
    ),
    "GET /exports/{export_id}": Answer(HTTPStatus.OK, EXPORT, (errors.ExportsOff, errors.NotFound)),
    "GET /transactions": Answer(
        HTTPStatus.OK,
        {"type": "array", "items": LINE},
        (errors.NotFound,),
        takes=("If-None-Match",),
        carries=("Link", "ETag", "Transfer-Status"),
        also=(Also(HTTPStatus.NOT_MODIFIED, media=None, carries=("ETag", "Transfer-Status")),),
    ),
    "GET /statements/{month}": Answer(
        HTTPStatus.OK,
        STATEMENT,
        (errors.NotFound,),
        also=(Also(HTTPStatus.OK, media="text/csv", carries=("Content-Disposition",)),),
    ),
}


def register(app: APIFlask) -> None:
    app.config["AUTO_VALIDATION_ERROR_RESPONSE"] = False
    app.config["AUTO_AUTH_ERROR_RESPONSE"] = False
    app.config["AUTO_404_RESPONSE"] = False
    app.spec_processor(completed)


def completed(document: Any) -> Any:
    """Return ``document`` with the answers of every route."""
    document["tags"] = [tag for at, tag in enumerate(document["tags"]) if tag not in document["tags"][:at]]
    document["components"]["schemas"]["Error"] = ERROR
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _complete(method, operation, ANSWERS[f"{method.upper()} {path}"])
    return document


def _complete(method: str, operation: Json, answer: Answer) -> None:
    if "requestBody" in operation:
        operation["requestBody"]["required"] = True
    for parameter in operation["parameters"]:
        parameter["schema"] = _as_sent(parameter)
    operation["parameters"] += [_REQUEST_ID_PARAMETER, *([_KEY_PARAMETER] if answer.keyed else [])]
    operation["parameters"] += [_header(name) for name in answer.takes]
    operation["responses"] = {
        **_successes(answer),
        **{
            str(status.value): _response(", ".join(f"`{code}`" for code in codes), _ERROR_REFERENCE)
            for status, codes in sorted(_refusals(method, operation, answer).items())
        },
    }


def _as_sent(parameter: Json) -> Json:
    """Return its schema: every id in a path is a UUID, and in a query there is no null."""
    if parameter["in"] == "path":
        return MONTH if parameter["name"] == "month" else {"type": "string", "format": "uuid"}
    (told, _null) = parameter["schema"]["anyOf"]
    return cast("Json", told)


def _successes(answer: Answer) -> dict[str, Json]:
    first = _response(answer.status.phrase, _success(answer.result))
    first["headers"] |= _headers(answer.carries)
    by_status = {str(answer.status.value): first}
    for other in answer.also:
        one = by_status.setdefault(
            str(other.status.value), {"description": other.status.phrase, "headers": _headers((REQUEST_ID,))}
        )
        one["headers"] |= _headers(other.carries)
        if other.media:
            schema = _success(other.result) if other.media == _JSON else {"type": "string"}
            one.setdefault("content", {})[other.media] = {"schema": schema}
    return by_status


def _headers(names: tuple[str, ...]) -> Json:
    return {name: {"schema": {"type": "string"}} for name in names}


def _header(name: str) -> Json:
    return {"name": name, "in": "header", "required": False, "schema": {"type": "string"}}


def _refusals(method: str, operation: Json, answer: Answer) -> Codes:
    by_status: Codes = {}
    for status, code in _coded(method, operation, answer):
        by_status.setdefault(status, []).append(code)
    return by_status


def _coded(method: str, operation: Json, answer: Answer) -> Iterator[tuple[HTTPStatus, str]]:
    if method != "get":
        yield HTTPStatus.BAD_REQUEST, "bad_request"
        yield HTTPStatus.REQUEST_TIMEOUT, "request_timeout"
        yield HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "request_entity_too_large"
    if "requestBody" in operation:
        yield from map(_of, (MalformedJson, UnsupportedMediaType))
    if "requestBody" in operation or any(one["in"] == "query" for one in operation["parameters"]):
        yield _of(errors.InvalidInput)
    if operation.get("security") == [{"bearer": []}]:
        yield _of(errors.Unauthenticated)
    yield from map(_of, (*answer.refusals, errors.Unavailable))


def _of(kind: type[errors.WalletError]) -> tuple[HTTPStatus, str]:
    return status_of(kind), kind.code


def _response(description: str, schema: Json) -> Json:
    return {
        "description": description,
        "headers": {REQUEST_ID: {"schema": {"type": "string"}}},
        "content": {_JSON: {"schema": schema}},
    }


def _success(result: Json | None) -> Json:
    fields: Json = {"status": {"const": "SUCCESS"}, **({"result": result} if result else {})}
    return {"type": "object", "required": list(fields), "properties": fields}


ERROR: Json = {
    "type": "object",
    "required": ["message", "code", "request_id"],
    "properties": {
        "message": {"type": "string", "minLength": 1},
        "code": {"type": "string", "pattern": "^[a-z0-9_]+$"},
        "request_id": {"type": "string"},
        "errors": {"type": "object", "additionalProperties": {"type": "string"}},
    },
    "additionalProperties": False,
}
_ERROR_REFERENCE = {"$ref": "#/components/schemas/Error"}

_KEY_PARAMETER: Json = {
    "name": KEY,
    "in": "header",
    "required": False,
    "description": "Sent again with the same key, a request has its first answer and no second effect",
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
}
_REQUEST_ID_PARAMETER: Json = {
    "name": REQUEST_ID,
    "in": "header",
    "required": False,
    "description": "Comes back in the answer and stands in the logs; one that cannot is replaced",
    "schema": {"type": "string"},
}
