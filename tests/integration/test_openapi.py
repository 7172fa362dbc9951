"""The inventory: what is served is in the OpenAPI document, with every answer it can give."""

import re

import pytest
from api import in_process

from service.errors import _STATUS
from service.openapi import ANSWERS

PARAMETER, SPELLING = re.compile(r"<(?:\w+:)?(\w+)>"), r"{\1}"


@pytest.fixture
def operations(app):
    return {
        f"{method.upper()} {path}": operation
        for path, operations in app.spec["paths"].items()
        for method, operation in operations.items()
    }


def test_every_route_is_in_the_document_with_its_answers(app, operations):
    """And nothing else is served: what nobody knows of, nobody looks after."""
    served = {
        f"{method} {PARAMETER.sub(SPELLING, rule.rule)}"
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }

    assert set(operations) == set(ANSWERS)
    assert served - set(operations) == {"GET /openapi.json", "GET /livez", "GET /readyz"}


def test_every_refusal_has_the_one_shape(operations):
    for operation in operations.values():
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                (schema,) = (one["schema"] for one in answer["content"].values())
                assert schema == {"$ref": "#/components/schemas/Error"}


def test_every_status_that_an_error_can_have_is_some_routes_answer(operations):
    told = {int(status) for operation in operations.values() for status in operation["responses"]}

    assert {status.value for status in _STATUS.values()} <= told


@pytest.mark.parametrize("method", ["OPTIONS", "GET"])
def test_no_other_site_may_read_what_a_browser_gets(app, method):
    """Nobody logs in with cookies, and no page of another origin is let in: there is no CORS."""
    asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"}

    reply = in_process(app)(method, "/profile", None, asked)

    assert not [name for name, _ in reply.headers.items() if name.lower().startswith("access-control-")]
