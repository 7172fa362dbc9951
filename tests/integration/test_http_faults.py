"""While MongoDB is in trouble, clients get 503 with Retry-After in 10 s: never a 500, never two effects."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from uuid import UUID

import pymongo
import pytest
from api import Api, User, in_process, phone_number, random_id
from factories import post, top_up

from wallet.errors import Unavailable
from wallet.store.roles import Duty
from wallet.store.transactions import Transactions
from wallet.use_cases.history import WALK_PAGE

API = "dompet-api"
"""The name under which the server knows the API's connections."""

LONGEST_S = 10.0
HASTY_S = 0.4

READS = ["find", "aggregate", "count"]
WRITES = ["insert", "update", "findAndModify"]
EVERYTHING = [*READS, *WRITES, "commitTransaction"]

OF_THE_MOMENT = {
    "shutting down": {"errorCode": 91},
    "no primary": {"errorCode": 10_107},
    "out of time": {"errorCode": 262},
    "write conflict": {"errorCode": 112, "errorLabels": ["TransientTransactionError"]},
    "connection closed": {"closeConnection": True},
}


@contextmanager
def failing(client, commands, mode="alwaysOn", **how):
    """Let the server fail ``commands`` of the API's connections."""
    data = {"failCommands": commands, "appName": API, **how}
    client.admin.command("configureFailPoint", "failCommand", mode=mode, data=data)
    try:
        yield
    finally:
        switch_off(client)


def switch_off(client):
    """Switch the failpoint off, and wake what it put to sleep: the switch would wait for that."""
    with ThreadPoolExecutor(1) as pool:
        off = pool.submit(client.admin.command, "configureFailPoint", "failCommand", mode="off")
        while not off.done():
            asleep = {"appName": API, "type": "op", "active": True}
            for operation in client.admin.aggregate([{"$currentOp": {"allUsers": True}}, {"$match": asleep}]):
                client.admin.command("killOp", op=operation["opid"])
            time.sleep(0.05)
    off.result()


def wait_until(condition, seconds=LONGEST_S):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def guntur(api):
    user = api.sign_up()
    user.top_up(500_000)
    return user


@pytest.fixture
def tom(api):
    return api.sign_up(first_name="Tom")


@pytest.fixture
def in_haste(monkeypatch):
    """Pods that are built from now on give up sooner, so that the test does."""
    monkeypatch.setattr("service.composition.Transactions", partial(Transactions, bound_s=HASTY_S))
    monkeypatch.setattr("wallet.store.accounts.OPERATION_S", HASTY_S)
    monkeypatch.setattr("wallet.store.history.OPERATION_S", HASTY_S)
    monkeypatch.setattr("wallet.store.statements.OPERATION_S", HASTY_S)


@pytest.fixture
def hasty(in_haste, build, guntur):  # noqa: ARG001 - before the pod is built
    """Guntur at such a pod."""
    return User(in_process(build()), guntur.id, guntur.token)


def calls_of(user, tom):
    """Every route that needs MongoDB, called as ``user``."""
    return {
        "POST /register": user.register,
        "POST /login": lambda: user.login("0811255501"),
        "POST /topup": lambda: user.top_up(1_000),
        "POST /pay": lambda: user.pay(1_000),
        "POST /transfer": lambda: user.transfer(tom.id, 1_000),
        "GET /profile": user.profile,
        "PUT /profile": lambda: user.update_profile(first_name="Tom"),
        "GET /transactions": user.transactions,
        "GET /transactions?limit": lambda: user.transactions(limit=5),
        "GET /transfers": lambda: user.transfer_status(random_id()),
        "GET /statements": lambda: user.get("/statements/2026-01"),
    }


def timed(call):
    started = time.monotonic()
    return call(), time.monotonic() - started


def at_once(calls):
    """The reply of each call and how long it took, all called at the same moment."""
    with ThreadPoolExecutor(len(calls)) as pool:
        futures = {name: pool.submit(timed, call) for name, call in calls.items()}
        return {name: future.result() for name, future in futures.items()}


def assert_unavailable(reply, *codes):
    assert reply.status == 503
    assert reply.headers["Retry-After"] == "1"
    assert reply.headers["Content-Type"] == "application/json"
    assert set(reply.json) == {"message", "code", "request_id"}
    assert reply.json["code"] in (codes or {"unavailable", "outcome_unknown"})
    assert reply.json["request_id"] == reply.headers["X-Request-ID"]


@pytest.mark.parametrize("how", OF_THE_MOMENT.values(), ids=OF_THE_MOMENT)
def test_while_the_server_fails_every_route_answers_503_and_nothing_is_written(
    client, hasty, tom, snapshot, how
):
    before = snapshot()
    with failing(client, EVERYTHING, **how):
        replies = at_once(calls_of(hasty, tom))

    for reply, seconds in replies.values():
        assert_unavailable(reply)
        assert seconds < LONGEST_S
    assert snapshot() == before


@pytest.mark.parametrize("how", ["no primary", "out of time", "connection closed"])
def test_a_fault_that_passes_is_not_seen_by_clients(client, guntur, tom, subtests, how):
    calls = calls_of(guntur, tom)
    for name in ("POST /login", "POST /topup", "POST /transfer", "PUT /profile", "GET /transactions"):
        with subtests.test(name), failing(client, EVERYTHING, {"times": 1}, **OF_THE_MOMENT[how]):
            assert calls[name]().status < 500

    assert guntur.balance == 500_000 + 1_000 - 1_000


def test_while_the_server_hangs_every_route_answers_503_within_10_s(client, guntur, tom):
    with failing(client, EVERYTHING, blockConnection=True, blockTimeMS=60_000):
        replies = at_once(calls_of(guntur, tom))

    for reply, seconds in replies.values():
        assert_unavailable(reply)
        assert seconds < LONGEST_S
    wait_until(lambda: guntur.top_up(1).status == 201)


def test_while_the_server_is_slow_a_request_with_many_questions_is_answered_within_10_s_too(client, tom):
    """A login asks five times; each answer alone is in time."""
    number = tom.profile().result["phone_number"]
    with failing(client, EVERYTHING, blockConnection=True, blockTimeMS=3_500):
        reply, seconds = timed(lambda: tom.login(number))

    assert_unavailable(reply)
    assert seconds < LONGEST_S


LOST_ANSWER = {"writeConcernError": {"code": 64, "errmsg": "the answer is lost"}}
"""The commit is made, and who sent it is told that this is not sure."""


class TestLostCommit:
    """The commit was sent and its answer never came: the client cannot know, the ledger does."""

    @pytest.fixture
    def key(self):
        return random_id()

    @pytest.fixture
    def moves(self, hasty, tom, key):
        return {
            "topup": lambda: hasty.top_up(1_000, key=key),
            "pay": lambda: hasty.pay(1_000, key=key),
            "transfer": lambda: hasty.transfer(tom.id, 1_000, key=key),
        }

    @pytest.mark.parametrize("name", ["topup", "pay", "transfer"])
    def test_a_retry_with_the_same_key_finds_what_was_committed(self, client, database, moves, name):
        """P8: the entry that nobody heard of is the answer of the retry."""
        entries = database["entries"]
        before = entries.count_documents({})
        with failing(client, ["commitTransaction"], **LOST_ANSWER):
            lost = moves[name]()
        committed = entries.count_documents({})

        retry = moves[name]()

        assert_unavailable(lost, "outcome_unknown")
        assert "same Idempotency-Key" in lost.json["message"]
        assert committed == before + 1
        assert retry.status in (201, 202)
        assert retry.headers["Idempotency-Replayed"] == "true"
        assert entries.count_documents({}) == committed

    @pytest.mark.usefixtures("brief_transactions")
    def test_a_commit_that_never_arrived_is_made_by_the_retry(self, client, database, moves):
        entries = database["entries"]
        before = entries.count_documents({})
        with failing(client, ["commitTransaction"], closeConnection=True):
            lost = moves["transfer"]()

        assert_unavailable(lost, "outcome_unknown")
        # The transaction that was left open holds the wallet until the server ends it.
        wait_until(lambda: moves["transfer"]().status == 202)
        assert entries.count_documents({}) == before + 1

    @pytest.fixture
    def brief_transactions(self, client):
        limit = "transactionLifetimeLimitSeconds"
        usual = client.admin.command("getParameter", 1, **{limit: 1})[limit]
        client.admin.command("setParameter", 1, **{limit: 1})
        yield
        client.admin.command("setParameter", 1, **{limit: usual})

    @pytest.mark.parametrize(
        "how",
        [
            {"closeConnection": True},
            {"errorCode": 91, "errorLabels": ["RetryableWriteError"]},
            LOST_ANSWER,
            {"errorCode": 112, "errorLabels": ["TransientTransactionError"]},
        ],
        ids=["closed", "retryable", "write concern", "transient"],
    )
    def test_one_lost_answer_is_made_good_before_the_client_hears(self, client, snapshot, guntur, tom, how):
        before = len(snapshot()["entries"])
        with failing(client, ["commitTransaction"], {"times": 1}, **how):
            first = guntur.transfer(tom.id, 1_000, key="once")

        retry = guntur.transfer(tom.id, 1_000, key="once")

        assert first.status == 202
        assert (retry.status, retry.body) == (first.status, first.body)
        assert len(snapshot()["entries"]) == before + 1
        assert len(snapshot()["transfers"]) == 1

    def test_a_registration_is_whole_or_not_at_all(self, client, snapshot, hasty):
        number = phone_number()
        with failing(client, ["commitTransaction"], **LOST_ANSWER):
            lost = hasty.register(phone_number=number)

        assert_unavailable(lost, "outcome_unknown")
        assert hasty.register(phone_number=number).status == 409
        assert hasty.login(number).status == 200
        assert len(snapshot()["users"]) == len(snapshot()["wallets"])


def test_a_report_that_breaks_off_is_not_taken_for_a_whole_one(client, database, guntur, hasty):
    """200 is out by then: the stream must end in an error and not as valid JSON."""
    for _ in range(2):
        post(database, *(top_up(UUID(guntur.id), 1) for _ in range(WALK_PAGE)))

    with failing(client, ["find"], {"skip": 2}, errorCode=91), pytest.raises(Unavailable):
        hasty.transactions()

    assert len(guntur.transactions().result) == 1 + 2 * WALK_PAGE


class TestProbes:
    @pytest.fixture
    def nowhere(self, in_haste, build):  # noqa: ARG002 - before the pod is built
        """A pod whose MongoDB is not there."""
        return Api(in_process(build(mongodb_uri="mongodb://127.0.0.1:1/?replicaSet=none")))

    def test_a_pod_is_alive_without_mongodb(self, nowhere):
        """A restart would not mend it: liveness never asks MongoDB."""
        reply, seconds = timed(nowhere.livez)

        assert (reply.status, reply.json) == (200, {"status": "alive"})
        assert seconds < 0.5

    def test_a_pod_is_not_ready_without_mongodb(self, nowhere):
        reply, seconds = timed(nowhere.readyz)

        assert_unavailable(reply, "unavailable")
        assert seconds < 5

    def test_without_mongodb_requests_end_in_503_too(self, nowhere):
        reply, seconds = timed(lambda: nowhere.login("0811255501"))

        assert_unavailable(reply)
        assert seconds < LONGEST_S

    def test_a_pod_is_not_ready_before_the_migrations(self, build, mongod):
        name = "dompet_unmigrated"
        app = build(mongodb_uri=mongod.uri_as(Duty.POD, name), mongodb_database=name)
        reply = Api(in_process(app)).readyz()

        assert_unavailable(reply, "unavailable")
        assert "dompet migrate" in reply.json["message"]

    def test_readiness_goes_and_comes_back_with_the_primary(self, mongod, api, guntur, hasty):
        """The node of the replica set steps down for real, and is elected again."""
        assert api.readyz().json == {"status": "ready"}
        with pymongo.MongoClient(mongod.uri, replicaSet=None, directConnection=True) as node:
            try:
                node.admin.command("replSetStepDown", 60, force=True)

                assert_unavailable(api.readyz(), "unavailable")
                assert api.livez().status == 200
                assert_unavailable(hasty.top_up(1))
            finally:
                node.admin.command("replSetFreeze", 0)
                wait_until(lambda: node.admin.command("hello")["isWritablePrimary"])

        wait_until(lambda: api.readyz().status == 200)
        wait_until(lambda: guntur.top_up(1).status == 201)
