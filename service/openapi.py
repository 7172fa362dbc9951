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
from service.event_stream import LAST_EVENT_ID
from service.event_stream import MEDIA as EVENTS
from service.patience import LONGEST_WAIT_S
from service.preferences import APPLIED
from service.preferences import HEADER as PREFER
from service.receipts import AHEAD
from service.replies import Json
from service.request_ids import HEADER as REQUEST_ID
from service.result_shapes import (
    ACCEPTED,
    LINE,
    PAYMENT,
    PROFILE,
    REGISTERED,
    SETTLED,
    STEPS,
    TOKENS,
    TOP_UP,
    TRANSFER,
    UPDATED,
)
from wallet import errors
from wallet.use_cases.pace import LONGEST_S, SHORTEST_S
from wallet.use_cases.waiters import TooManyWaiters

KEY = "Idempotency-Key"

_JSON = "application/json"

Codes = dict[HTTPStatus, list[str]]
"""The codes of errors, by the status they come with."""


@dataclass(frozen=True, slots=True)
class Also:
    """Another success: of another status, or in another form."""

    status: HTTPStatus
    result: Json | None = None
    media: str | None = _JSON
    carries: tuple[str, ...] = ()
    example: Any = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a route answers when all is well, and the refusals that are its own.

    Args:
        status: when all is well.
        result: the schema of what is under ``result``.
        refusals: those that are not every route's.
        keyed: it takes an idempotency key.
        takes: names of the other headers that it reads.
        carries: names of the other headers that come with a success.
        media: the type of a success.
        also: its other successes.
    """

    status: HTTPStatus
    result: Json | None
    refusals: tuple[type[errors.WalletError], ...] = ()
    keyed: bool = False
    takes: tuple[str, ...] = ()
    carries: tuple[str, ...] = ()
    media: str = _JSON
    also: tuple[Also, ...] = ()


_MOVE = (
    *(errors.WalletNotActive, errors.KeyReused, errors.OperationLimitExceeded),
    *(errors.DailyAmountExceeded, errors.DailyCountExceeded),
    *(errors.MonthlyAmountExceeded, errors.MonthlyCountExceeded),
)

_SETTLED_EXAMPLE: Json = {
    "transfer_id": "a7d39cf6-44b6-41fc-b3e9-7b16df5321c5",
    "status": "SUCCESS",
    "target_user": "b7342e8e-e8e7-4a5d-873e-b1b1bfcdeddb",
    "amount": 30_000,
    "remarks": "Hadiah Ultah",
    "balance_before": 400_000,
    "balance_after": 370_000,
    "created_date": "2021-04-01 22:23:20",
    "failure": None,
    "settled_date": "2021-04-01 22:23:20",
    "refunded": False,
}

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
        takes=(PREFER,),
        carries=("Location", "Retry-After", AHEAD, APPLIED),
        also=(Also(HTTPStatus.OK, SETTLED, carries=("Location", APPLIED), example=_SETTLED_EXAMPLE),),
    ),
    "GET /transfers/{transfer_id}": Answer(HTTPStatus.OK, TRANSFER, (errors.NotFound,)),
    "GET /transfers/{transfer_id}/timeline": Answer(HTTPStatus.OK, STEPS, (errors.NotFound,)),
    "GET /events": Answer(
        HTTPStatus.OK, None, (errors.InvalidInput, TooManyWaiters), takes=(LAST_EVENT_ID,), media=EVENTS
    ),
    "GET /transactions": Answer(HTTPStatus.OK, {"type": "array", "items": LINE}),
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
    operation["parameters"] += [_REQUEST_ID_PARAMETER, *_headers(answer)]
    operation["responses"] = {
        **_successes(answer),
        **{
            str(status.value): _response(", ".join(f"`{code}`" for code in codes), _ERROR_REFERENCE)
            for status, codes in sorted(_refusals(method, operation, answer).items())
        },
    }


def _headers(answer: Answer) -> Iterator[Json]:
    if answer.keyed:
        yield _KEY_PARAMETER
    yield from (SENT[name] for name in answer.takes)


def _successes(answer: Answer) -> Json:
    own = Also(answer.status, answer.result, answer.media, answer.carries)
    return {str(one.status.value): _told(one) for one in (own, *answer.also)}


def _told(one: Also) -> Json:
    schema = _success(one.result) if one.media == _JSON else {"type": "string"}
    response = _response(one.status.phrase, schema, one.media or _JSON)
    response["headers"] |= {name: RETURNED[name] for name in one.carries}
    if one.example is not None:
        response["content"][one.media]["example"] = {"status": "SUCCESS", "result": one.example}
    return response


def _as_sent(parameter: Json) -> Json:
    """Return its schema: every id in a path is a UUID, and in a query there is no null."""
    if parameter["in"] == "path":
        return {"type": "string", "format": "uuid"}
    (told, _null) = parameter["schema"]["anyOf"]
    return cast("Json", told)


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


def _response(description: str, schema: Json, media: str = _JSON) -> Json:
    return {
        "description": description,
        "headers": {REQUEST_ID: {"schema": {"type": "string"}}},
        "content": {media: {"schema": schema}},
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
SENT: dict[str, Json] = {
    PREFER: {
        "name": PREFER,
        "in": "header",
        "required": False,
        "description": "`wait=5`: 200 as soon as the transfer is settled, or 202 after 5 seconds",
        "schema": {"type": "string"},
    },
    LAST_EVENT_ID: {
        "name": LAST_EVENT_ID,
        "in": "header",
        "required": False,
        "description": "The id of the last event that one has: what came after it is told first",
        "schema": {"type": "string", "pattern": "^[0-9]{1,18}$"},
    },
}
"""Headers that some routes read, by name."""

RETURNED: dict[str, Json] = {
    "Location": {
        "required": True,
        "description": "Where to see what became of it",
        "schema": {"type": "string", "format": "uri-reference"},
    },
    "Retry-After": {
        "required": True,
        "description": "Seconds to wait before it is worth another look",
        "schema": {"type": "integer", "minimum": SHORTEST_S, "maximum": LONGEST_S},
    },
    AHEAD: {
        "description": "How many transfers waited when they were counted; not there when that is unknown",
        "schema": {"type": "integer", "minimum": 0},
    },
    APPLIED: {
        "description": "For how many seconds one was let wait; not there when nobody waited",
        "schema": {"type": "string", "pattern": f"^wait=[1-{LONGEST_WAIT_S}]$"},
    },
}
"""Headers that come with some successes, by name."""

_REQUEST_ID_PARAMETER: Json = {
    "name": REQUEST_ID,
    "in": "header",
    "required": False,
    "description": "Comes back in the answer and stands in the logs; one that cannot is replaced",
    "schema": {"type": "string"},
}
