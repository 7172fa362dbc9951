"""JSON as strict as money needs: a body means one thing or is refused. Replies are written by orjson."""

import json
from typing import Any, NoReturn

import orjson
from flask import Request
from flask.json.provider import JSONProvider

from service.errors import MalformedJson


def parse(body: str | bytes) -> dict[str, Any]:
    """Return the object that ``body`` is.

    Raises:
        MalformedJson: it is not JSON, not UTF-8, not an object, nested too deep, or has a name twice,
            NaN or Infinity.
    """
    try:
        text = body.decode() if isinstance(body, bytes) else body
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise MalformedJson from error
    if not isinstance(value, dict):
        raise MalformedJson
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name occurs twice")
    return members


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


class StrictJson(JSONProvider):
    """Flask's JSON: ``parse`` for requests, orjson for replies."""

    def loads(self, s: str | bytes, **_: Any) -> Any:
        return parse(s)

    def dumps(self, obj: Any, **_: Any) -> str:
        return orjson.dumps(obj).decode()


class StrictRequest(Request):
    """A request whose malformed body is our error, not Flask's."""

    def on_json_loading_failed(self, e: ValueError | None) -> NoReturn:
        raise MalformedJson from e
