"""Waiting for a transfer over the API, with a real stream: who waits is told as soon as it has ended."""

import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from api import Api, in_process, random_id
from factories import set_status
from watching import wait_until

from service.patience import LONGEST_WAIT_S
from wallet.models import WalletStatus
from wallet.store.queue import Queue
from wallet.use_cases.waiters import Awaited

PROMPTLY_S = 4.0
"""A tenth of a second is usual; but the machine may be busy with other tests."""


@pytest.fixture
def waiters(app):
    return app.extensions["dompet"].waiting_room.waiters


@pytest.fixture
def people(api):
    guntur, tom = api.sign_up(), api.sign_up()
    guntur.top_up(10_000)
    return guntur, tom


@pytest.fixture
def beside():
    """A function that calls another beside the test, and returns what will be its result."""
    with ThreadPoolExecutor(16) as pool:
        yield pool.submit


def waiting(waiters, count=1):
    wait_until(lambda: len(waiters.keys(Awaited.TRANSFER)) == count)


def prefer(user, target, wait, amount=100, **headers):
    wish = {"target_user": target, "amount": amount, "remarks": ""}
    return user.request("POST", "/transfer", json=wish, headers={"Prefer": wait, **headers})


class TestPrefer:
    def test_a_settlement_is_the_answer(self, people, settle, beside, waiters):
        guntur, tom = people
        asked = beside(prefer, guntur, tom.id, "wait=8")
        waiting(waiters)
        started = time.monotonic()
        settle()

        reply = asked.result()

        assert time.monotonic() - started < PROMPTLY_S
        assert reply.status == 200
        assert reply.headers["Preference-Applied"] == "wait=8"
        assert reply.headers["Location"] == f"/transfers/{reply.result['transfer_id']}"
        assert reply.result["status"] == "SUCCESS"
        assert reply.result["refunded"] is False
        assert reply.result["settled_date"] is not None
        assert (reply.result["balance_before"], reply.result["balance_after"]) == (10_000, 9_900)
        assert waiters.keys(Awaited.TRANSFER) == []

    def test_so_is_a_refund(self, people, settle, beside, waiters, database):
        guntur, tom = people
        asked = beside(prefer, guntur, tom.id, "wait=8")
        waiting(waiters)
        set_status(database, database["wallets"].find_one({"balance": 0})["_id"], WalletStatus.FROZEN)
        settle()

        reply = asked.result()

        assert reply.status == 200
        assert (reply.result["status"], reply.result["failure"]) == ("FAILED", "receiver_not_active")
        assert reply.result["refunded"] is True
        assert guntur.balance == 10_000

    def test_when_the_time_is_up_it_is_accepted_as_ever(self, people):
        guntur, tom = people

        reply = prefer(guntur, tom.id, "wait=1")

        assert reply.status == 202
        assert reply.headers["Preference-Applied"] == "wait=1"
        assert reply.result["status"] == "PENDING"
        assert set(reply.result) == set(guntur.transfer(tom.id, 1).result)

    @pytest.mark.parametrize(
        "preference",
        ["wait", "wait=", "wait=x", "wait=-1", "wait=1.5", "wait=0", "wait=٣", "respond-async", "=", "\t;,"],
        ids=str,
    )
    def test_one_that_cannot_be_understood_is_ignored(self, people, preference):
        guntur, tom = people

        reply = prefer(guntur, tom.id, preference)

        assert reply.status == 202
        assert "Preference-Applied" not in reply.headers

    def test_a_replay_waits_too_and_has_the_first_answers_balance(self, people, settle, beside, waiters):
        guntur, tom = people
        first = prefer(guntur, tom.id, "", **{"Idempotency-Key": "one"})
        asked = beside(prefer, guntur, tom.id, "wait=8", **{"Idempotency-Key": "one"})
        waiting(waiters)
        settle()

        again = asked.result()

        assert (first.status, again.status) == (202, 200)
        assert again.headers["Idempotency-Replayed"] == "true"
        assert first.result.items() <= (again.result | {"status": "PENDING"}).items()

    def test_a_replay_of_what_has_ended_is_answered_at_once(self, people, settle):
        guntur, tom = people
        prefer(guntur, tom.id, "", **{"Idempotency-Key": "one"})
        settle()

        again = prefer(guntur, tom.id, "wait=8", **{"Idempotency-Key": "one"})

        assert (again.status, again.result["status"]) == (200, "SUCCESS")

    def test_a_refusal_is_not_waited_for(self, people):
        guntur, tom = people

        reply = prefer(guntur, tom.id, "wait=8", amount=1_000_000)

        assert reply.status == 409
        assert "Preference-Applied" not in reply.headers


class TestRead:
    def test_both_sides_are_told_when_it_is_settled(self, people, settle, beside, waiters):
        guntur, tom = people
        sent = guntur.transfer(tom.id, 100).result["transfer_id"]
        asked = [beside(one.get, f"/transfers/{sent}?wait=8") for one in people for _ in range(3)]
        wait_until(lambda: waiters._counts[Awaited.TRANSFER] == 6)
        settle()

        replies = [one.result() for one in asked]

        assert {(reply.status, reply.result["status"]) for reply in replies} == {(200, "SUCCESS")}
        assert {reply.result["refunded"] for reply in replies} == {False}

    def test_what_is_pending_when_the_time_is_up_is_told_so(self, people):
        guntur, tom = people
        sent = guntur.transfer(tom.id, 100).result["transfer_id"]
        started = time.monotonic()

        reply = guntur.get(f"/transfers/{sent}?wait=1")

        assert time.monotonic() - started >= 1
        assert (reply.status, reply.result["status"], reply.result["settled_date"]) == (200, "PENDING", None)

    @pytest.mark.parametrize("wait", ["0", str(LONGEST_WAIT_S + 1), "-1", "1.5", "x", "", "1e0", "٣"])
    def test_another_wait_than_a_number_in_range_is_refused(self, people, wait):
        guntur, tom = people
        sent = guntur.transfer(tom.id, 100).result["transfer_id"]

        reply = guntur.get(f"/transfers/{sent}?wait={wait}")

        assert (reply.status, list(reply.json["errors"])) == (400, ["wait"])

    def test_a_stranger_is_told_at_once_that_there_is_none(self, api, people, waiters):
        guntur, tom = people
        sent = guntur.transfer(tom.id, 100).result["transfer_id"]
        stranger = api.sign_up()
        started = time.monotonic()

        replies = [stranger.get(f"/transfers/{one}?wait=8") for one in (sent, random_id())]

        assert time.monotonic() - started < PROMPTLY_S
        assert [reply.status for reply in replies] == [404, 404]
        assert waiters.keys(Awaited.TRANSFER) == []

    def test_one_more_than_there_is_room_for_is_answered_at_once(self, build, database):  # noqa: ARG002
        api = Api(in_process(build(waiters=0)))
        guntur, tom = api.sign_up(), api.sign_up()
        guntur.top_up(1_000)
        started = time.monotonic()

        posted = prefer(guntur, tom.id, "wait=8")
        read = guntur.get(f"/transfers/{posted.result['transfer_id']}?wait=8")

        assert time.monotonic() - started < PROMPTLY_S
        assert (posted.status, read.status) == (202, 200)
        assert "Preference-Applied" not in posted.headers

    def test_who_waits_is_let_go_when_the_process_stops(self, build, database, beside):  # noqa: ARG002
        app = build()
        waiters = app.extensions["dompet"].waiting_room.waiters
        api = Api(in_process(app))
        guntur, tom = api.sign_up(), api.sign_up()
        guntur.top_up(1_000)
        sent = guntur.transfer(tom.id, 100).result["transfer_id"]
        asked = [beside(guntur.get, f"/transfers/{sent}?wait=8"), beside(prefer, guntur, tom.id, "wait=8")]
        waiting(waiters, 2)
        started = time.monotonic()
        app.let_go()

        read, posted = (one.result() for one in asked)

        assert time.monotonic() - started < PROMPTLY_S
        assert (read.status, posted.status) == (200, 202)
        assert "Preference-Applied" not in posted.headers


class TestAccepted:
    def test_says_when_to_come_again(self, people):
        guntur, tom = people

        reply = guntur.transfer(tom.id, 100)

        assert 1 <= int(reply.headers["Retry-After"]) <= 60


class TestTimeline:
    def test_tells_both_sides_how_it_went(self, people, settle):
        guntur, tom = people
        sent = guntur.transfer(tom.id, 100).result["transfer_id"]
        settle()

        told = [one.get(f"/transfers/{sent}/timeline").result for one in people]

        assert told[0] == told[1]
        assert [step["step"] for step in told[0]] == ["accepted", "settled"]
        assert told[0][0]["after_ms"] is None
        assert told[0][1]["after_ms"] >= 0
        assert told[0][0]["at"].endswith("+07:00")

    def test_tells_what_went_wrong_on_the_way(self, people, settle, database):
        guntur, tom = people
        sent = UUID(guntur.transfer(tom.id, 100).result["transfer_id"])
        queue = Queue(database)
        queue.retry_later(sent, 0.0, "other")
        queue.park(sent, "poison")
        delayed = guntur.get(f"/transfers/{sent}/timeline")
        database["transfers"].update_one({"_id": sent}, {"$set": {"parked": False}})
        settle()
        arrived = tom.get(f"/transfers/{sent}/timeline")

        assert [(step["step"], step["reason"]) for step in delayed.result] == [
            ("accepted", None),
            ("attempt_failed", "other"),
            ("delayed", None),
        ]
        assert [step["step"] for step in arrived.result][3:] == ["settled"]
        assert "poison" not in arrived.body.decode()

    def test_a_stranger_learns_nothing(self, api, people):
        guntur, tom = people
        sent = guntur.transfer(tom.id, 100).result["transfer_id"]
        stranger = api.sign_up()

        replies = [stranger.get(f"/transfers/{one}/timeline") for one in (sent, random_id())]

        assert [(reply.status, reply.json["code"]) for reply in replies] == [(404, "not_found")] * 2
