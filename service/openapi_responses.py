"""The responses of an operation in the OpenAPI document, each with its headers and an example."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from service import openapi_errors
from service.openapi import JSON, Also, Answer
from service.openapi_errors import Refusal
from service.openapi_headers import CHALLENGE, REPLAYED, RETRY_AFTER, RETURNED
from service.replies import Json
from service.request_ids import HEADER as REQUEST_ID
from wallet import errors
from wallet.rules.identity import differs_from

_WITH_STATUS = {
    HTTPStatus.UNAUTHORIZED: (CHALLENGE,),
    HTTPStatus.TOO_MANY_REQUESTS: (RETRY_AFTER,),
    HTTPStatus.SERVICE_UNAVAILABLE: (RETRY_AFTER,),
}


def successes(answer: Answer, example: Any) -> Json:
    """Return the responses to requests that were carried out, by status."""
    replayed = (REPLAYED,) if answer.keyed else ()
    first = Also(answer.status, answer.result, answer.media, (*answer.carries, *replayed), example)
    by_status: dict[HTTPStatus, list[Also]] = {}
    for success in (first, *answer.also):
        by_status.setdefault(success.status, []).append(success)
    return {str(status.value): _response(status, some) for status, some in by_status.items()}


def _response(status: HTTPStatus, successes: Sequence[Also]) -> Json:
    """Return what stands for the successes of one status: which of them it is depends on what was asked."""
    carried = list(dict.fromkeys(name for one in successes for name in one.carries))
    sure = [name for name in carried if all(name in one.carries for one in successes)]
    response: Json = {"description": status.phrase, "headers": _headers(REQUEST_ID, *sure)}
    response["headers"] |= {
        name: RETURNED[name] | {"required": False} for name in carried if name not in sure
    }
    for success in successes:
        if success.media is not None:
            content = response.setdefault("content", {})
            content[success.media] = _either(content.get(success.media), _content(success))
    return response


def _either(other: Json | None, content: Json) -> Json:
    if other is None:
        return content
    return {
        "schema": {"anyOf": [other["schema"], content["schema"]]},
        "examples": {"one": {"value": other["example"]}, "other": {"value": content["example"]}},
    }


def _content(success: Also) -> Json:
    if success.media != JSON:
        return {"schema": {"type": "string"}, "example": success.example}
    fields: Json = {"status": {"const": "SUCCESS"}} | ({"result": success.result} if success.result else {})
    example = {"status": "SUCCESS"} | ({"result": success.example} if success.result else {})
    return {"schema": {"type": "object", "required": list(fields), "properties": fields}, "example": example}


def failures(refusals: Sequence[Refusal], body: Json | None) -> Json:
    """Return the responses to requests that were refused, by status.

    Args:
        refusals: all that the operation can answer.
        body: the schema of its body, which the examples name a field of; ``None`` without one.
    """
    faults = _faults(body)
    return {
        str(status.value): _failure([one for one in refusals if one.status is status], faults)
        for status in sorted({one.status for one in refusals})
    }


def _failure(refusals: Sequence[Refusal], faults: Json) -> Json:
    status = refusals[0].status
    examples = {
        one.code: one.example(faults[one.code])
        if one.code in faults
        else {"$ref": f"#/components/examples/{one.code}"}
        for one in refusals
    }
    return {
        "description": ", ".join(f"`{one.code}`" for one in refusals),
        "headers": _headers(REQUEST_ID, *_WITH_STATUS.get(status, ())),
        "content": {
            JSON: {
                "schema": {"$ref": f"#/components/schemas/{openapi_errors.NAME}"},
                "examples": examples,
            }
        },
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
        errors.KeyReused.code: {field: differs_from(value)},
    }
