"""The proxy loses replies, never requests."""

from contextlib import contextmanager

import pytest
from pymongo import MongoClient
from pymongo.errors import AutoReconnect, NetworkTimeout
from pymongo.uri_parser import parse_uri

from tests.chaos.go_between import GoBetween
from tests.chaos.network import Loopback
from tests.chaos.node import Node
from tests.chaos.program import Starter

PATIENCE_MS = 1_000


@pytest.fixture
def between(mongod, tmp_path):
    server = Node("server", *_host_and_port(mongod), 0)
    proxy = GoBetween("proxy", server, [server], Loopback(), tmp_path, Starter())
    proxy.start()
    yield proxy
    proxy.program.kill()


def _host_and_port(mongod):
    (host,) = parse_uri(mongod.uri)["nodelist"]
    return host


@pytest.fixture
def rows(between, client, mongod):
    """A collection behind the proxy, and the same in front of it."""
    (address,) = between.routes.values()
    plain = client["chaos"]["rows"]
    with behind(address, mongod) as through:
        yield through["chaos"]["rows"], plain
    plain.drop()


@contextmanager
def behind(address, mongod):
    known = parse_uri(mongod.uri)
    with MongoClient(
        address,
        username=known["username"],
        password=known["password"],
        directConnection=True,
        retryWrites=False,
        socketTimeoutMS=PATIENCE_MS,
    ) as client:
        yield client


def test_without_orders_everything_passes(rows):
    through, plain = rows
    through.insert_one({"_id": 1})
    assert plain.count_documents({}) == 1


def test_a_lost_reply_leaves_its_write_behind(between, rows):
    through, plain = rows
    between.lose("insert", 1)
    with pytest.raises(AutoReconnect):
        through.insert_one({"_id": 1})
    assert [row["_id"] for row in plain.find()] == [1]
    assert between.taken == 1
    through.insert_one({"_id": 2})
    assert plain.count_documents({}) == 2


def test_only_the_named_command_is_lost(between, rows):
    through, _ = rows
    between.lose("insert", 1)
    assert through.count_documents({}) == 0
    assert between.taken == 0


def test_a_client_can_be_left_waiting(between, rows):
    through, plain = rows
    between.lose("insert", 1, hang=True)
    with pytest.raises(NetworkTimeout):
        through.insert_one({"_id": 1})
    assert plain.count_documents({}) == 1


def test_a_reply_can_come_late(between, rows):
    through, _ = rows
    between.delay("insert", 0.2)
    through.insert_one({"_id": 1})
    assert between.taken == 1
    between.behave()
    assert between.taken == 0
