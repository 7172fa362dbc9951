"""Refusals in the OpenAPI document: an example of each, and the table of all codes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from werkzeug.http import HTTP_STATUS_CODES

from service.errors import status_of
from service.replies import Json
from wallet import errors

NAME = "Error"
"""Of the one schema that all of them have."""

SCHEMA: Json = {
    "type": "object",
    "required": ["message", "code", "request_id"],
    "properties": {
        "message": {"type": "string", "minLength": 1, "description": "For people; it may change"},
        "code": {"type": "string", "pattern": "^[a-z0-9_]+$", "description": "For programs; it is stable"},
        "request_id": {"type": "string", "description": "As in the header; the logs are searched for it"},
        "errors": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "What is wrong, by field",
        },
    },
    "additionalProperties": False,
}

_REQUEST_ID = "019a0c4e-7d52-7a31-9c0f-52f6f0a1b7de"


@dataclass(frozen=True, slots=True, order=True)
class Refusal:
    """One way to say no: its status, and what stands in the body."""

    status: HTTPStatus
    code: str
    message: str

    def example(self, fields: Mapping[str, str] | None = None) -> Json:
        """Return an example of the document, with what is wrong by field."""
        value: Json = {"message": self.message, "code": self.code, "request_id": _REQUEST_ID}
        return {"summary": self.message, "value": value | ({"errors": dict(fields)} if fields else {})}


def refusal(kind: type[errors.WalletError]) -> Refusal:
    return Refusal(status_of(kind), kind.code, kind.message)


def _of_http(status: HTTPStatus, code: str) -> Refusal:
    return Refusal(status, code, HTTP_STATUS_CODES[status])


BAD_REQUEST = _of_http(HTTPStatus.BAD_REQUEST, "bad_request")
REQUEST_TIMEOUT = _of_http(HTTPStatus.REQUEST_TIMEOUT, "request_timeout")
TOO_LARGE = _of_http(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "request_entity_too_large")
METHOD_NOT_ALLOWED = _of_http(HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed")
"""No operation has it: it is the answer to methods that are none."""


def table(refusals: Iterable[Refusal]) -> str:
    """Return the codes as a table of Markdown, by status."""
    rows = (f"| {one.status.value} | `{one.code}` | {one.message} |" for one in sorted(refusals))
    return "\n".join(("| status | code | message |", "|---|---|---|", *rows))
