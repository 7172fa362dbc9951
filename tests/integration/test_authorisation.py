"""Everybody reaches what is theirs and nothing else: each route of the OpenAPI document, whoever adds it.

What belongs to somebody else is answered as what does not exist: the same status, headers and body. A route,
a path parameter or a field that is not in the lists below makes a test fail until somebody has decided.
"""

import json
import re
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pkgutil import iter_modules

import pytest
from api import PIN, Api, random_id
from apiflask import APIFlask

from service import cursor, resources
from service.tokens import SCHEME

PUBLIC = {("POST", "/register"), ("POST", "/login")}
"""What needs no token, because it is how one gets one."""

PROVIDER = {("POST", "/topup/webhook")}
"""What a signature opens instead of a token: tests/integration/test_top_up_gate.py."""

TAKE_A_REFRESH_TOKEN = {("POST", "/refresh"), ("POST", "/logout")}

ENDLESS = {("GET", "/events")}
"""What goes on for as long as the caller may hear it, and so is sent here only by who may not:
tests/integration/test_events.py."""

UNDOCUMENTED = {
    *("/openapi.json", "/livez", "/readyz"),
    *("/docs", "/docs/", "/docs/assets/<version>/<name>"),
}
"""For programs, the platform and people who read: they know nobody."""

OF_SOMEBODY = {"export_id": lambda world: world.export, "transfer_id": lambda world: world.transfer}
"""By path parameter: the id of something that is not the attacker's."""

OF_NOBODY = {"month": "2026-01"}
"""By path parameter: what means something to everybody, each their own."""

REFERENCES = {
    # Anybody may send money to anybody: the id of a user opens nothing else.
    "target_user": lambda world: world.third.id,
    "user_id": lambda world: world.victim.id,
    "cursor": lambda world: world.cursor,
    "limit": lambda _world: 2,
    "counterparty": lambda world: world.victim.id,
    "wait": lambda _world: 1,
    "after_transfer": lambda world: world.transfer,
}
"""By field: a value that points at something, and so is filled in by the tests."""

VALUES = {
    *("first_name", "last_name", "phone_number", "address", "pin", "new_pin", "amount", "remarks", "dry_run"),
    *("format", "kind", "type", "status", "from", "to", "text", "month"),
}
"""Fields that point at nothing: the example of the document is sent."""

FREE = {"text"}
"""What may be anything is looked for as it stands."""

INJECTED = (
    {"$ne": None},
    {"$gt": ""},
    {"$regex": ".*"},
    {"$where": "sleep(1000)"},
    {"$expr": {"$eq": [1, 1]}},
    ["a"],
    [{"$ne": None}],
    True,
    None,
)
ASSIGNED = (
    *("user_id", "_id", "id", "sub", "wallet", "sender"),
    *("balance", "seq", "status", "wallet_status", "role", "is_admin", "kind", "created_at", "pin_hash"),
    *("__proto__", "constructor", "$set", "$where", "a.b"),
)

VARYING = re.compile(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|\b08\d{7,11}\b"
)
"""Ids, dates, phone numbers and tokens."""


@dataclass(frozen=True)
class Operation:
    """A method of a route, as the document describes it."""

    method: str
    path: str
    described: dict
    schemas: dict

    def __str__(self):
        return f"{self.method} {self.path}"

    @property
    def is_public(self):
        return (self.method, self.path) in PUBLIC

    @property
    def is_closed(self):
        """Whether a token opens it."""
        return (self.method, self.path) not in PUBLIC | PROVIDER

    @property
    def path_parameters(self):
        return {one["name"] for one in self.described.get("parameters", ()) if one["in"] == "path"}

    @property
    def query(self):
        return {one["name"] for one in self.described.get("parameters", ()) if one["in"] == "query"}

    @cached_property
    def schema(self):
        """The schema of the body; None without one."""
        content = self.described.get("requestBody", {}).get("content", {}).get("application/json")
        return content and self.schemas[content["schema"]["$ref"].split("/")[-1]]

    @property
    def fields(self):
        return set(self.schema["properties"]) if self.schema else set()

    def body(self, world):
        """The document's own example, pointing into the world of the test; None without a body."""
        if self.schema is None:
            return None
        references = {name: REFERENCES[name](world) for name in self.fields & REFERENCES.keys()}
        return self.schema["examples"][0] | references

    def url(self, fill):
        """The path with its parameters, each id by ``fill``."""
        return re.sub(r"{(\w+)}", lambda found: str(OF_NOBODY.get(found[1]) or fill(found[1])), self.path)


def operations(app):
    with app.app_context():
        document = app.spec
    schemas = document.get("components", {}).get("schemas", {})
    return [
        Operation(method.upper(), path, described, schemas)
        for path, item in document["paths"].items()
        for method, described in item.items()
    ]


def routes():
    """The routes alone, to name the tests: they need no server."""
    app = APIFlask(__name__, docs_path=None)
    for module in iter_modules(resources.__path__):
        app.register_blueprint(import_module(f"service.resources.{module.name}").bp)
    return app


ALL = operations(routes())
CLOSED = [one for one in ALL if one.is_closed]
ENDING = [one for one in CLOSED if (one.method, one.path) not in ENDLESS]

WITH_IDS = [one for one in ALL if one.path_parameters - OF_NOBODY.keys()]
WITH_BODY = [one for one in ALL if one.schema and (one.is_closed or one.is_public)]
WITH_QUERY = [one for one in ALL if one.query]

each = pytest.mark.parametrize("operation", ALL, ids=str)


@dataclass(frozen=True)
class World:
    """The attacker, one just like them, and two who have something between them."""

    attacker: Api
    twin: Api
    victim: Api
    third: Api
    transfer: str
    export: str
    cursor: str


@pytest.fixture
def new_world(api):
    def new_world():
        attacker, twin, victim, third = (api.sign_up() for _ in range(4))
        for one in (attacker, twin, victim):
            one.top_up(1_000_000)
        sent = victim.transfer(third.id, 1_000).result["transfer_id"]
        for _ in range(8):
            victim.pay(1)
        link = victim.transactions(limit=2).following
        exported = victim.export().result["export_id"]
        return World(attacker, twin, victim, third, sent, exported, re.search(r"cursor=(\w+)", link)[1])

    return new_world


@pytest.fixture
def world(new_world):
    return new_world()


def send(user, operation, world, *, url=None, body=None, **headers):
    path = url or operation.url(lambda name: OF_SOMEBODY[name](world))
    options = {"json": body or operation.body(world)} if operation.schema else {}
    return user.request(operation.method, path, **options, headers=headers)


def told(reply):
    """All that a reply tells, apart from which request it answers and when."""
    body = json.loads(reply.body)
    body.pop("request_id", None)
    headers = {name: value for name, value in reply.headers.items() if name not in ("X-Request-ID", "Date")}
    return reply.status, headers, body


def as_of_anybody(reply):
    """All that a reply tells, apart from ids, dates, phone numbers and tokens."""
    return VARYING.sub("...", json.dumps(told(reply)))


class TestInventory:
    def test_the_document_has_exactly_the_routes_of_the_program(self, app):
        methods = {"GET", "POST", "PUT", "PATCH", "DELETE"}
        served = {
            (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
            for rule in app.url_map.iter_rules()
            for method in methods & rule.methods
            if rule.rule not in UNDOCUMENTED
        }
        assert {(one.method, one.path) for one in operations(app)} == served

    def test_the_tests_know_all_of_them(self, app):
        assert set(map(str, ALL)) == set(map(str, operations(app)))

    @each
    def test_each_says_what_it_demands(self, operation):
        assert bool(operation.described.get("security")) is not operation.is_public

    def test_the_lists_name_only_what_is_there(self):
        assert {(one.method, one.path) for one in ALL} >= PUBLIC | PROVIDER | ENDLESS

    def test_a_token_opens_what_it_should(self):
        of_a_token = {
            (one.method, one.path) for one in ALL if one.described.get("security") == [{SCHEME: []}]
        }
        assert {(one.method, one.path) for one in CLOSED} >= of_a_token

    @each
    def test_what_points_at_something_is_filled_in(self, operation):
        """A new parameter or field: say above what it is, so that the tests below send somebody else's."""
        assert operation.path_parameters <= OF_SOMEBODY.keys() | OF_NOBODY.keys()
        assert operation.fields | operation.query <= VALUES | REFERENCES.keys()

    @pytest.mark.parametrize("operation", WITH_BODY, ids=str)
    def test_each_body_has_an_example(self, operation):
        assert operation.schema["examples"]


class TestNobody:
    def test_no_token_opens_nothing(self, api, world, subtests):
        for operation in CLOSED:
            with subtests.test(str(operation)):
                reply = send(api, operation, world)
                assert (reply.status, reply.json["code"]) == (401, "unauthenticated")
                assert reply.headers["WWW-Authenticate"] == "Bearer"
                assert told(reply) == told(send(api.with_token("x.y.z"), operation, world))

    def test_a_refresh_token_is_no_access_token(self, api, world, subtests):
        phone_number = world.victim.profile().result["phone_number"]
        refresh = api.login(phone_number, PIN).result["refresh_token"]
        for operation in CLOSED:
            if (operation.method, operation.path) not in TAKE_A_REFRESH_TOKEN:
                with subtests.test(str(operation)):
                    assert send(api.with_token(refresh), operation, world).status == 401

    def test_nothing_is_told_before_the_token_is_looked_at(self, api, world, subtests):
        """Whether an id exists, or a body is right, is nobody's business."""
        for operation in CLOSED:
            with subtests.test(str(operation)):
                absent = send(api, operation, world, url=operation.url(lambda _name: random_id()))
                spoiled = send(api, operation, world, body={"spoiled": True})
                assert told(absent) == told(spoiled) == told(send(api, operation, world))


class TestSomebodyElse:
    def test_their_id_is_answered_as_one_of_nothing(self, world, subtests):
        for operation in WITH_IDS:
            with subtests.test(str(operation)):
                nothing = operation.url(lambda _name: random_id())
                of_nothing = send(world.attacker, operation, world, url=nothing)
                assert told(send(world.attacker, operation, world)) == told(of_nothing)
                assert of_nothing.status == 404
                # Else this would pass whatever was there.
                assert send(world.victim, operation, world).status < 400

    def test_their_key_is_answered_as_one_that_nobody_used(self, new_world, subtests):
        for operation in ENDING:
            world = new_world()  # some of them log out, of which all hear within a second
            with subtests.test(str(operation)):
                send(world.victim, operation, world, **{"Idempotency-Key": "of-the-victim"})
                theirs = send(world.attacker, operation, world, **{"Idempotency-Key": "of-the-victim"})
                unused = send(world.twin, operation, world, **{"Idempotency-Key": random_id()})
                assert as_of_anybody(theirs) == as_of_anybody(unused)
                assert "Idempotency-Replayed" not in theirs.headers

    def test_their_cursor_is_answered_as_one_that_nobody_was_given(self, world, subtests):
        assert len(world.victim.transactions(limit=2, cursor=world.cursor).result) == 2
        for operation in WITH_QUERY:
            if "cursor" in operation.query:
                with subtests.test(str(operation)):
                    theirs, of_nobody = (
                        send(world.attacker, operation, world, url=f"{operation.path}?limit=2&cursor={one}")
                        for one in (world.cursor, cursor.encode(999_999))
                    )
                    assert told(theirs) == told(of_nobody)
                    assert {line["user_id"] for line in theirs.result} == {world.attacker.id}


class TestAssignment:
    def test_a_field_nobody_asked_for_changes_nothing(self, world, snapshot, subtests):
        before = snapshot()
        for operation in WITH_BODY:
            for name in ASSIGNED:
                with subtests.test(f"{operation} {name}"):
                    body = operation.body(world) | {name: world.victim.id}
                    reply = send(world.attacker, operation, world, body=body)
                    assert (reply.status, reply.json["code"]) == (400, "invalid_input")
        assert snapshot() == before

    def test_an_operator_of_the_database_is_no_value(self, world, snapshot, subtests):
        before = snapshot()
        for operation in WITH_BODY:
            for name in operation.fields:
                for value in INJECTED:
                    with subtests.test(f"{operation} {name} {value}"):
                        body = operation.body(world) | {name: value}
                        reply = send(world.attacker, operation, world, body=body)
                        assert (reply.status, reply.json["code"]) == (400, "invalid_input")
        assert snapshot() == before

    def test_nor_in_the_query(self, world, subtests):
        for operation in WITH_QUERY:
            for name in operation.query:
                for value in (
                    f"{name}[$ne]=",
                    f"{name}[$gt]=",
                    f"{name}=$where",
                    f"{name}=%7B%22$ne%22:1%7D",
                ):
                    with subtests.test(f"{operation} {value}"):
                        path = operation.url(lambda one: OF_SOMEBODY[one](world))
                        reply = send(world.attacker, operation, world, url=f"{path}?{value}")
                        found_nothing = name in FREE and "[" not in value and reply.json.get("result") == []
                        assert reply.status == 400 or found_nothing
