"""What the OpenAPI document says of answers: every status that a route can answer, and its shape.

The framework knows what goes in; what comes out is written down here, beside no view, so that one look tells.
Tests send whatever the document allows, and much that it forbids, and hold the answers to it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

from apiflask import APIFlask

from service import openapi_errors, openapi_examples, openapi_headers, openapi_prose
from service.errors import MalformedJson, UnsupportedMediaType
from service.openapi_errors import Refusal, refusal
from service.openapi_headers import CHALLENGE, KEY, LINK, LOCATION, REPLAYED, RETRY_AFTER
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
from service.top_up_gate import (
    ID_HEADER,
    SECRET_HEADER,
    TIMESTAMP_HEADER,
    SignatureExpired,
    SignatureInvalid,
    TopUpClosed,
    TopUpSecretWrong,
)
from wallet import errors
from wallet.group_commit import Overloaded

VERSION = "3.1.0"

_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Also:
    """A success: one more of a route, of another status or in another form."""

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
    *(errors.MonthlyAmountExceeded, errors.MonthlyCountExceeded, Overloaded),
)

ANSWERS = {
    "POST /register": Answer(
        HTTPStatus.CREATED, REGISTERED, (errors.PhoneTaken, errors.TooManyRequests, Overloaded)
    ),
    "POST /login": Answer(
        HTTPStatus.OK,
        TOKENS,
        (errors.WrongCredentials, errors.TooManyAttempts, errors.TooManyRequests, Overloaded),
    ),
    "POST /refresh": Answer(HTTPStatus.OK, TOKENS),
    "POST /logout": Answer(HTTPStatus.OK, None),
    "PUT /pin": Answer(HTTPStatus.OK, None, (errors.WrongPin, errors.TooManyAttempts, Overloaded)),
    "GET /profile": Answer(HTTPStatus.OK, PROFILE),
    "PUT /profile": Answer(HTTPStatus.OK, UPDATED),
    "POST /topup": Answer(
        HTTPStatus.CREATED,
        TOP_UP,
        (*_MOVE, errors.BalanceCapExceeded, TopUpClosed, TopUpSecretWrong),
        keyed=True,
        takes=(SECRET_HEADER,),
    ),
    "POST /topup/webhook": Answer(
        HTTPStatus.CREATED,
        TOP_UP,
        (
            *(*_MOVE, errors.BalanceCapExceeded, errors.ReceiverNotFound, errors.NotFound),
            *(SignatureInvalid, SignatureExpired),
        ),
        takes=(ID_HEADER, TIMESTAMP_HEADER),
        carries=(REPLAYED,),
    ),
    "POST /pay": Answer(HTTPStatus.CREATED, PAYMENT, (*_MOVE, errors.InsufficientBalance), keyed=True),
    "POST /transfer": Answer(
        HTTPStatus.ACCEPTED,
        ACCEPTED,
        (*_MOVE, errors.InsufficientBalance, errors.ReceiverNotActive, errors.ReceiverNotFound),
        keyed=True,
        carries=(LOCATION,),
    ),
    "GET /transfers/{transfer_id}": Answer(HTTPStatus.OK, TRANSFER, (errors.NotFound,)),
    "GET /transactions": Answer(HTTPStatus.OK, {"type": "array", "items": LINE}, carries=(LINK,)),
}


def register(app: APIFlask) -> None:
    app.config["OPENAPI_VERSION"] = VERSION
    app.config["AUTO_OPERATION_ID"] = True
    app.config["AUTO_VALIDATION_ERROR_RESPONSE"] = False
    app.config["AUTO_AUTH_ERROR_RESPONSE"] = False
    app.config["AUTO_404_RESPONSE"] = False
    # Not the host that somebody sent: the document is made once, and is everybody's.
    app.servers = [{"url": "/", "description": "Where this document was read"}]
    app.spec_processor(completed)


def completed(document: Any) -> Any:
    """Return ``document`` with the answers of every route, and the words above them."""
    schemas = document["components"]["schemas"]
    told = {openapi_errors.METHOD_NOT_ALLOWED}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            route = f"{method.upper()} {path}"
            body = _body(operation, schemas)
            refusals = list(_refusals(method, operation, ANSWERS[route]))
            _complete_request(operation, ANSWERS[route], body)
            operation["responses"] = {
                **_successes(route, ANSWERS[route]),
                **_failures(refusals, _faults(body)),
            }
            told.update(refusals)
    schemas[openapi_errors.NAME] = openapi_errors.SCHEMA
    document["components"]["headers"] = openapi_headers.RETURNED
    document["components"]["examples"] = {one.code: one.example() for one in sorted(told)}
    document["paths"] = {path: document["paths"][path] for path in _in_order(document["paths"])}
    document["tags"] = _tags(document["tags"])
    document["info"] |= {
        "summary": openapi_prose.SUMMARY,
        "description": openapi_prose.DESCRIPTION + openapi_errors.table(told),
        "license": {"name": "MIT", "identifier": "MIT"},
    }
    return document


def _in_order(paths: Json) -> list[str]:
    """Return the paths as people meet them: in the order of ``ANSWERS``."""
    order = list(dict.fromkeys(route.partition(" ")[2] for route in ANSWERS))
    return sorted(paths, key=order.index)


def _tags(used: list[Json]) -> list[Json]:
    names = {tag["name"] for tag in used}
    order = list(openapi_prose.TAGS)
    return [
        {"name": name, "description": openapi_prose.TAGS[name]} for name in sorted(names, key=order.index)
    ]


def _body(operation: Json, schemas: Json) -> Json | None:
    """Return the schema of what is sent; ``None`` when that is nothing."""
    if "requestBody" not in operation:
        return None
    reference = operation["requestBody"]["content"][_JSON]["schema"]["$ref"]
    return cast("Json", schemas[reference.rpartition("/")[2]])


def _complete_request(operation: Json, answer: Answer, body: Json | None) -> None:
    operation["summary"] = operation["summary"].replace("``", "")  # it is no Markdown
    if body is not None:
        operation["requestBody"]["required"] = True
        operation["requestBody"]["content"][_JSON]["example"] = body["examples"][0]
    for parameter in operation["parameters"]:
        parameter["schema"] = _as_sent(parameter)
        if parameter["name"] in openapi_examples.PARAMETERS:
            parameter["example"] = openapi_examples.PARAMETERS[parameter["name"]]
    sent = (REQUEST_ID, *((KEY,) if answer.keyed else ()), *answer.takes)
    operation["parameters"] += [openapi_headers.SENT[name] for name in sent]


def _as_sent(parameter: Json) -> Json:
    """Return its schema: every id in a path is a UUID, and in a query there is no null."""
    if parameter["in"] == "path":
        return {"type": "string", "format": "uuid"}
    (told, _null) = parameter["schema"]["anyOf"]
    return cast("Json", told)


def _refusals(method: str, operation: Json, answer: Answer) -> Iterator[Refusal]:
    if method != "get":
        yield openapi_errors.BAD_REQUEST
        yield openapi_errors.REQUEST_TIMEOUT
        yield openapi_errors.TOO_LARGE
        yield refusal(errors.OutcomeUnknown)
    if "requestBody" in operation:
        yield from map(refusal, (MalformedJson, UnsupportedMediaType))
    if "requestBody" in operation or any(one["in"] == "query" for one in operation["parameters"]):
        yield refusal(errors.InvalidInput)
    if operation.get("security") == [{"bearer": []}]:
        yield refusal(errors.Unauthenticated)
    yield from map(refusal, (*answer.refusals, errors.Unavailable, errors.WalletError))


def _successes(route: str, answer: Answer) -> Json:
    replayed = (REPLAYED,) if answer.keyed else ()
    first = Also(
        *(answer.status, answer.result, answer.media, (*answer.carries, *replayed)),
        openapi_examples.SUCCESSES.get(route),
    )
    responses: Json = {}
    for success in (first, *answer.also):
        response = responses.setdefault(str(success.status.value), {"description": success.status.phrase})
        response["headers"] = response.get("headers", {}) | _headers(REQUEST_ID, *success.carries)
        if success.media is not None:
            response.setdefault("content", {})[success.media] = _content(success)
    return responses


def _content(success: Also) -> Json:
    if success.media != _JSON:
        return {"schema": {"type": "string"}, "example": success.example}
    fields: Json = {"status": {"const": "SUCCESS"}} | ({"result": success.result} if success.result else {})
    example = {"status": "SUCCESS"} | ({"result": success.example} if success.result else {})
    return {"schema": {"type": "object", "required": list(fields), "properties": fields}, "example": example}


def _failures(refusals: list[Refusal], faults: Json) -> Json:
    return {
        str(status.value): _failure([one for one in refusals if one.status is status], faults)
        for status in sorted({one.status for one in refusals})
    }


def _failure(refusals: list[Refusal], faults: Json) -> Json:
    status = refusals[0].status
    examples = {
        one.code: one.example(faults[one.code])
        if one.code in faults
        else {"$ref": f"#/components/examples/{one.code}"}
        for one in refusals
    }
    return {
        "description": ", ".join(f"`{one.code}`" for one in refusals),
        "headers": _headers(REQUEST_ID, *_OF_STATUS.get(status, ())),
        "content": {
            _JSON: {
                "schema": {"$ref": f"#/components/schemas/{openapi_errors.NAME}"},
                "examples": examples,
            }
        },
    }


_OF_STATUS = {
    HTTPStatus.UNAUTHORIZED: (CHALLENGE,),
    HTTPStatus.TOO_MANY_REQUESTS: (RETRY_AFTER,),
    HTTPStatus.SERVICE_UNAVAILABLE: (RETRY_AFTER,),
}


def _headers(*names: str) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _faults(body: Json | None) -> Json:
    """Return, by code, what a refusal of such a body says is wrong by field."""
    unknown = {"colour": "Extra inputs are not permitted"}
    if body is None:
        return {errors.InvalidInput.code: unknown}
    (field, value) = next(iter(body["examples"][0].items()))
    return {
        errors.InvalidInput.code: dict.fromkeys(body.get("required", [])[:1], "Field required") or unknown,
        errors.KeyReused.code: {field: f"differs from the first request with this key: {value}"},
    }
