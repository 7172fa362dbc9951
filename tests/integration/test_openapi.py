"""The inventory: what is served is in the OpenAPI document, with every answer, header and example."""

import ast
import json
import re
from http import HTTPStatus
from pathlib import Path

import pytest
from api import in_process
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator

from service import errors as service_errors
from service import openapi_errors, top_up_gate
from service.errors import _STATUS, status_of
from service.openapi import ANSWERS
from service.preferences import HEADER as PREFER
from wallet import errors, group_commit

ROOT = Path(__file__).parents[2]

OF_THE_PLATFORM = {"GET /openapi.json", "GET /livez", "GET /readyz"}
OF_PEOPLE = {"GET /docs", "GET /docs/", "GET /docs/assets/{version}/{name}"}

OF_EVERY_ANSWER = {"Cache-Control", "X-Content-Type-Options", "Content-Type"}
"""Headers that the document need not tell."""

OF_NO_OPERATION = {
    "Content-Security-Policy",
    "Cross-Origin-Opener-Policy",
    "Cross-Origin-Resource-Policy",
    "Referrer-Policy",
    "X-Accel-Buffering",
}
"""Headers of pages for people, and of streams for proxies."""

HEADER = re.compile(r"[A-Z][A-Za-z]*(-[A-Z][A-Za-z]*)+")

INNER = {
    *(errors.LimitExceeded, errors.WalletNotActive),
    *(errors.Forbidden, errors.TooMany, errors.Refused),
}
"""Errors that only their heirs are raised of."""


@pytest.fixture(scope="module")
def document(app):
    """As it is served."""
    return json.loads(in_process(app)("GET", "/openapi.json", None, {}).body)


@pytest.fixture(scope="module")
def operations(document):
    return {
        f"{method.upper()} {path}": operation
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }


@pytest.fixture(scope="module")
def resolved(document):
    """A function that follows a reference, if it is one."""

    def resolved(thing):
        if "$ref" not in thing:
            return thing
        found = document
        for name in thing["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        return found

    return resolved


@pytest.fixture(scope="module")
def codes(operations, resolved):
    """The codes of each operation by status, as its examples have them."""
    return {
        route: {
            (int(status), resolved(example)["value"]["code"])
            for status, answer in operation["responses"].items()
            if int(status) >= 400
            for example in answer["content"]["application/json"]["examples"].values()
        }
        for route, operation in operations.items()
    }


@pytest.fixture(scope="module")
def complaints(document):
    """A function that returns what is wrong with a value by a schema of the document."""

    def complaints(value, schema):
        whole = {
            "$schema": Draft202012Validator.META_SCHEMA["$id"],
            **schema,
            "components": document["components"],
        }
        validator = Draft202012Validator(whole, format_checker=FormatChecker())
        return [error.message for error in validator.iter_errors(value)]

    return complaints


def examples(content):
    """Return all that stand there for one answer."""
    return (
        [one["value"] for one in content["examples"].values()]
        if "examples" in content
        else [content["example"]]
    )


def served(app):
    """Every method of every route, as the document writes them."""
    parameter = re.compile(r"<(?:[^<:]+:)?([^<>]+)>")
    return {
        " ".join((method, parameter.sub(r"{\1}", rule.rule)))
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }


def bodies(operation):
    return operation.get("requestBody", {}).get("content", {}).values()


def refusing(answers):
    return {status: answer for status, answer in answers.items() if int(status) >= 400}


class TestInventory:
    def test_it_is_openapi_3_1(self, document):
        assert document["openapi"].startswith("3.1.")
        assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []

    def test_every_route_is_in_the_document_with_its_answers(self, app, operations):
        """And nothing else is served: what nobody knows of, nobody looks after."""
        assert set(operations) == set(ANSWERS)
        assert served(app) - set(operations) == OF_THE_PLATFORM | OF_PEOPLE

    def test_every_route_says_what_it_is_for(self, document, operations):
        told = {tag["name"] for tag in document["tags"] if tag["description"]}

        assert len({operation["operationId"] for operation in operations.values()}) == len(operations)
        for operation in operations.values():
            assert operation["summary"]
            assert set(operation["tags"]) <= told

    def test_it_says_how_to_get_in(self, document, operations):
        schemes = document["components"]["securitySchemes"]

        assert all(scheme["description"] for scheme in schemes.values())
        assert {
            name for one in operations.values() for way in one.get("security", []) for name in way
        } == set(schemes)

    def test_it_names_no_host(self, app, document):
        """What is made for the first who asks is everybody's."""
        forged = in_process(app)("GET", "/openapi.json", None, {"Host": "elsewhere.example"})

        assert json.loads(forged.body) == document
        assert [server["url"] for server in document["servers"]] == ["/"]


class TestRefusals:
    def test_every_one_has_the_one_shape(self, operations):
        for operation in operations.values():
            for answer in refusing(operation["responses"]).values():
                (schema,) = (one["schema"] for one in answer["content"].values())
                assert schema == {"$ref": "#/components/schemas/Error"}

    def test_every_status_that_an_error_can_have_is_some_routes_answer(self, operations):
        told = {int(status) for operation in operations.values() for status in operation["responses"]}

        assert {status.value for status in _STATUS.values()} <= told

    def test_every_error_that_clients_can_meet_is_some_routes_answer(self, codes):
        """A new one must be put where it belongs: in the row of the routes that raise it."""
        modules = (errors, group_commit, service_errors, top_up_gate)
        met = {
            (status_of(kind).value, kind.code)
            for module in modules
            for kind in vars(module).values()
            if isinstance(kind, type) and issubclass(kind, errors.WalletError) and kind not in INNER
        }
        of_ours = (HTTPStatus.INTERNAL_SERVER_ERROR.value, errors.MalformedDocument.code)

        assert met - {of_ours} <= set.union(*codes.values())

    @pytest.mark.parametrize("page", ["the document", "docs/errors.md"])
    def test_the_tables_hold_exactly_them(self, document, codes, page):
        text = document["info"]["description"] if page == "the document" else (ROOT / page).read_text()
        rows = {
            (int(status), code) for status, code in re.findall(r"^\| (\d+) \| `(\w+)` \|", text, re.MULTILINE)
        }
        of_no_route = openapi_errors.METHOD_NOT_ALLOWED

        assert rows == set.union(*codes.values()) | {(of_no_route.status.value, of_no_route.code)}

    def test_the_words_of_those_that_are_not_ours_are_what_comes(self, app, document):
        """They are the framework's: an example must not make them up."""
        send = in_process(app)
        json_type = {"Content-Type": "application/json"}
        for reply in (
            send("POST", "/livez", None, {}),
            send("POST", "/login", b" " * 20_000, json_type),
            send("POST", "/login", b"{", json_type),
            send("POST", "/login", b"{}", {}),
            send("GET", "/profile", None, {}),
        ):
            told = document["components"]["examples"][reply.json["code"]]["value"]
            assert reply.json == told | {"request_id": reply.json["request_id"]}


class TestExamples:
    def test_every_body_has_one_that_it_allows(self, operations, resolved, complaints):
        for route, operation in operations.items():
            for body in bodies(operation):
                assert complaints(body["example"], resolved(body["schema"])) == [], route

    def test_every_success_has_one_that_it_allows(self, operations, complaints):
        for route, operation in operations.items():
            for status, answer in operation["responses"].items():
                for content in answer.get("content", {}).values() if int(status) < 400 else ():
                    for example in examples(content):
                        assert example is not None, route
                        assert complaints(example, content["schema"]) == [], (route, status)

    def test_a_success_says_nothing_that_its_example_leaves_out(self, operations):
        """So that a field that is added is seen in an example."""
        for route, operation in operations.items():
            for answer in operation["responses"].values():
                content = answer.get("content", {}).get("application/json", {})
                if result := content.get("schema", {}).get("properties", {}).get("result"):
                    shown = content["example"]["result"]
                    for one in shown if result["type"] == "array" else [shown]:
                        assert set(result.get("items", result)["properties"]) <= set(one), route

    def test_every_refusal_has_one_of_each_code(self, operations, codes, resolved, complaints):
        for route, operation in operations.items():
            for status, answer in refusing(operation["responses"]).items():
                content = answer["content"]["application/json"]
                told = {code for of_status, code in codes[route] if of_status == int(status)}
                assert set(content["examples"]) == told == set(re.findall(r"`(\w+)`", answer["description"]))
                for example in content["examples"].values():
                    assert complaints(resolved(example)["value"], resolved(content["schema"])) == []

    def test_what_must_be_filled_in_has_one(self, operations, complaints):
        for operation in operations.values():
            for parameter in operation["parameters"]:
                assert "example" in parameter or not parameter["required"], parameter
                if "example" in parameter:
                    assert complaints(parameter["example"], parameter["schema"]) == [], parameter


class TestHeaders:
    def test_every_answer_tells_those_that_come_with_it(self, operations):
        for operation in operations.values():
            for status, answer in operation["responses"].items():
                due = {"X-Request-ID"}
                due |= {"WWW-Authenticate"} if status == "401" else set()
                due |= {"Retry-After"} if status in ("429", "503") else set()
                assert due <= set(answer["headers"]), (operation["operationId"], status)

    def test_every_one_that_the_program_knows_is_told(self, operations):
        """Whoever reads or sends one more says so: in ``takes`` or ``carries`` of a row of ``ANSWERS``."""
        told = {
            one["name"] for op in operations.values() for one in op["parameters"] if one["in"] == "header"
        }
        told |= {
            name for op in operations.values() for one in op["responses"].values() for name in one["headers"]
        }
        known = {
            name
            for file in (ROOT / "service").rglob("*.py")
            for name in headers_in(ast.parse(file.read_text()))
        }

        assert {"Idempotency-Key", "Link", "X-Top-Up-Secret"} <= known, "else the search finds nothing"
        known.add(PREFER)  # one word: the search takes it for any other
        assert known - OF_EVERY_ANSWER - OF_NO_OPERATION - {"Authorization", "Webhook-Signature"} == told

    def test_each_is_described_with_an_example_that_it_allows(self, document, complaints):
        for header in document["components"]["headers"].values():
            assert header["description"]
            assert complaints(header["example"], header["schema"]) == []


def headers_in(tree):
    """Names of headers in a module: texts that look like one, and what ``headers[...]`` is asked for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and HEADER.fullmatch(str(node.value)):
            yield node.value
        if isinstance(node, ast.Subscript) and getattr(node.value, "attr", "") == "headers":
            yield from (text.value for text in ast.walk(node.slice) if isinstance(text, ast.Constant))


class TestServing:
    def test_it_is_made_once(self, app, monkeypatch):
        first = in_process(app)("GET", "/openapi.json", None, {})
        monkeypatch.setattr(type(app), "spec", property(lambda _app: pytest.fail("it is made again")))

        assert in_process(app)("GET", "/openapi.json", None, {}).body == first.body

    def test_who_has_it_is_told_so(self, app):
        send = in_process(app)
        first = send("GET", "/openapi.json", None, {})
        again = send("GET", "/openapi.json", None, {"If-None-Match": first.headers["ETag"]})
        other = send("GET", "/openapi.json", None, {"If-None-Match": '"of-an-earlier-version"'})

        assert first.headers["Cache-Control"] == "no-cache"
        assert (again.status, again.body) == (304, b"")
        assert (other.status, other.body) == (200, first.body)

    def test_every_pod_has_the_same(self, app, build):
        """Else a client that goes from pod to pod would never have it."""
        here, there = (in_process(one)("HEAD", "/openapi.json", None, {}) for one in (app, build()))

        assert here.headers["ETag"] == there.headers["ETag"]


@pytest.mark.parametrize("method", ["OPTIONS", "GET"])
def test_no_other_site_may_read_what_a_browser_gets(app, method):
    """Nobody logs in with cookies, and no page of another origin is let in: there is no CORS."""
    asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"}

    reply = in_process(app)(method, "/profile", None, asked)

    assert not [name for name, _ in reply.headers.items() if name.lower().startswith("access-control-")]
