"""Makes the OpenAPI document of what the framework knows of requests, and ``ANSWERS`` of answers."""

from collections.abc import Iterator
from typing import Any, cast

from apiflask import APIFlask

from service import openapi_errors, openapi_examples, openapi_headers, openapi_prose
from service.errors import MalformedJson, UnsupportedMediaType
from service.openapi import ANSWERS, JSON, Answer
from service.openapi_errors import Refusal, refusal
from service.openapi_headers import KEY
from service.openapi_responses import failures, successes
from service.replies import Json
from service.request_ids import HEADER as REQUEST_ID
from service.statement_shapes import MONTH
from wallet import errors


def register(app: APIFlask) -> None:
    app.config["OPENAPI_VERSION"] = "3.1.0"
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
            refusals = list(dict.fromkeys(_refusals(method, operation, ANSWERS[route])))
            _complete_request(operation, ANSWERS[route], body)
            operation["responses"] = {
                **successes(ANSWERS[route], openapi_examples.SUCCESSES.get(route)),
                **failures(refusals, body),
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
    reference = operation["requestBody"]["content"][JSON]["schema"]["$ref"]
    return cast("Json", schemas[reference.rpartition("/")[2]])


def _complete_request(operation: Json, answer: Answer, body: Json | None) -> None:
    operation["summary"] = operation["summary"].replace("``", "")  # it is no Markdown
    if body is not None:
        operation["requestBody"]["required"] = True
        operation["requestBody"]["content"][JSON]["example"] = body["examples"][0]
    for parameter in operation["parameters"]:
        parameter["schema"] = _as_sent(parameter)
        if parameter["name"] in openapi_examples.PARAMETERS:
            parameter["example"] = openapi_examples.PARAMETERS[parameter["name"]]
    sent = (REQUEST_ID, *((KEY,) if answer.keyed else ()), *answer.takes)
    operation["parameters"] += [openapi_headers.SENT[name] for name in sent]


def _as_sent(parameter: Json) -> Json:
    """Return its schema: what is in a path is a month or an id, and in a query there is no null."""
    if parameter["in"] == "path":
        return MONTH if parameter["name"] == "month" else {"type": "string", "format": "uuid"}
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
