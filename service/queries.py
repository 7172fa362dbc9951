"""Queries that hardly a request has: without one, nothing is spent on it."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from apiflask import APIBlueprint
from flask import request
from pydantic import BaseModel

from wallet.errors import InvalidInput

View = TypeVar("View", bound=Callable[..., Any])


def queried(bp: APIBlueprint, model: type[BaseModel]) -> Callable[[View], View]:
    """Give a view the query of its request as ``query``; ``model`` says what may be in it."""
    nothing, most = model(), len(model.model_fields)

    def decorate(view: View) -> View:
        checked = bp.input(model, location="query", arg_name="query")(view)

        @wraps(checked)
        def given(*args: Any, **kwargs: Any) -> Any:
            if not request.query_string:
                return view(*args, query=nothing, **kwargs)
            # Of a name that comes twice the model would see the first: it means two things.
            if request.query_string.count(b"&") >= most:
                raise InvalidInput({"query": f"takes {', '.join(model.model_fields)}, once"})
            return checked(*args, **kwargs)

        return cast("View", given)

    return decorate
