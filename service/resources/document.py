"""The OpenAPI document."""

from dataclasses import dataclass
from hashlib import sha256
from typing import cast

import orjson
from apiflask import APIBlueprint, APIFlask
from flask import Response, current_app, request
from werkzeug.wrappers import Response as Reply

bp = APIBlueprint("document", __name__, enable_openapi=False)

_EXTENSION = "dompet-document"


@dataclass(frozen=True, slots=True)
class _Made:
    body: bytes
    digest: str


@bp.get("/openapi.json")
def document() -> Reply:
    """Describe the API to programs. Who has it already is told so."""
    made = _made()
    reply = Response(made.body, mimetype="application/json")
    reply.set_etag(made.digest)
    reply.headers["Cache-Control"] = "no-cache"  # kept, and asked for again: it changes with the program
    return reply.make_conditional(request)


def _made() -> _Made:
    """Return what was made when it was first asked for, and is the same for as long as the process lives."""
    app = cast("APIFlask", current_app)
    if _EXTENSION not in app.extensions:
        body = orjson.dumps(app.spec)
        app.extensions[_EXTENSION] = _Made(body, sha256(body).hexdigest())
    return cast("_Made", app.extensions[_EXTENSION])
