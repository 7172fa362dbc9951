"""Limits over HTTP and under races: exactly as many pass as are allowed, whichever pod is asked."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from api import Api, User, in_process
from books import assert_balanced
from bson import Int64
from factories import (
    open_wallet,
    open_wallets,
    payment,
    posting_engine,
    queue_transfer,
    settle_rows,
    settlement_engine,
    transfer_out,
)
from pymongo.errors import WriteError

from service.limits import LimitSettings
from wallet import clock
from wallet.ledger import Posted
from wallet.models import Kind, Tally
from wallet.rules.limits import Limit, Limits
from wallet.store.posting import PostingEngine
from wallet.store.queue import Queue
from wallet.store.transactions import Transactions

JAKARTA = ZoneInfo("Asia/Jakarta")
BEFORE_MIDNIGHT = datetime(2026, 11, 25, 16, 59, 59, tzinfo=UTC)
AFTER_MIDNIGHT = BEFORE_MIDNIGHT + timedelta(seconds=1)


def limited(database, **kinds):
    """An engine with limits: ``payment=Limit(...)``."""
    by_kind = {Kind[name.upper()]: limit for name, limit in kinds.items()}
    return PostingEngine(
        database, Transactions(database.client), cap=2**53 - 1, limits=Limits(by_kind, JAKARTA)
    )


def used(database, wallet):
    return database["wallets"].find_one({"_id": wallet}).get("used")


@pytest.fixture
def pod(build):
    """A function that builds a pod with limits: ``pod(payment_limits={...})``."""

    def pod(**limits):
        changes = {name: LimitSettings(**limit) for name, limit in limits.items()}
        return Api(in_process(build(**changes)))

    return pod


@pytest.fixture
def guntur(api):
    user = api.sign_up()
    user.top_up(1_000_000)
    return user


def at(pod, user):
    """The same user at another pod."""
    return User(pod._send, user.id, user.token)


class TestOff:
    def test_a_wallet_has_no_byte_more(self, guntur, database):
        guntur.pay(1)
        wallet = database["wallets"].find_one({"_id": UUID(guntur.id)})
        assert list(wallet) == ["_id", "balance", "seq", "status"]


class TestCodes:
    @pytest.mark.parametrize(
        "refused",
        [
            ({"operation_amount": 99}, "operation_limit_exceeded"),
            ({"day_amount": 99}, "daily_amount_exceeded"),
            ({"day_count": 0}, "daily_count_exceeded"),
            ({"month_amount": 99}, "monthly_amount_exceeded"),
            ({"month_count": 0}, "monthly_count_exceeded"),
        ],
    )
    @pytest.mark.parametrize("kind", ["top_up", "payment", "transfer"])
    def test_each_limit_of_each_kind_has_its_code(self, pod, guntur, snapshot, kind, refused):
        limit, code = refused
        tom = pod().sign_up()
        user = at(pod(**{f"{kind}_limits": limit}), guntur)
        moves = {"top_up": user.top_up, "payment": user.pay, "transfer": partial(user.transfer, tom.id)}
        before = snapshot()

        reply = moves[kind](100, key="k")

        assert (reply.status, reply.json["code"]) == (409, code)
        assert "99" in reply.json["message"] or "0 " in reply.json["message"]
        assert snapshot() == before, "a refusal leaves nothing behind"

    def test_a_refusal_burns_no_key_and_no_allowance(self, pod, guntur):
        user = at(pod(payment_limits={"day_amount": 100}), guntur)
        assert user.pay(101, key="k").json["code"] == "daily_amount_exceeded"
        assert user.pay(100, key="k").status == 201
        assert user.pay(1).json["message"] == "At most 100 rupiah of payments a day: 0 left"

    def test_a_replay_counts_once(self, pod, guntur, database):
        user = at(pod(payment_limits={"day_count": 1}), guntur)
        first, again = (user.pay(100, key="k") for _ in range(2))
        assert (again.status, again.body) == (201, first.body)
        assert used(database, UUID(guntur.id))["PAYMENT"]["day_count"] == 1

    def test_the_others_are_as_free_as_before(self, pod, api, guntur):
        tom = api.sign_up()
        user = at(pod(payment_limits={"day_count": 0}), guntur)
        assert user.top_up(1).status == 201
        assert user.transfer(tom.id, 1).status == 202
        assert at(pod(payment_limits={"day_count": 1}), guntur).pay(1).status == 201


class TestRaces:
    def test_100_payments_on_two_pods_pass_exactly_as_often_as_allowed(self, build, guntur, database):
        """Distinct keys, a balance that is enough for all: only the limit decides."""
        limits = LimitSettings(day_count=37, day_amount=370)
        users = [User(in_process(build(payment_limits=limits)), guntur.id, guntur.token) for _ in range(2)]
        with ThreadPoolExecutor(100) as pool:
            replies = list(pool.map(lambda i: users[i % 2].pay(10, key=f"k{i}"), range(100)))

        assert Counter(reply.status for reply in replies) == {201: 37, 409: 63}
        assert {reply.json["code"] for reply in replies if reply.status == 409} == {"daily_count_exceeded"}
        kept = used(database, UUID(guntur.id))["PAYMENT"]
        assert kept == {"day_amount": 370, "day_count": 37, "month_amount": 370, "month_count": 37}
        assert_balanced(database)

    def test_amounts_are_as_exact_as_counts(self, build, guntur, database):
        """Of different amounts, no set that passed is over the limit, and none that was refused would fit."""
        users = [
            User(in_process(build(payment_limits=LimitSettings(day_amount=500))), guntur.id, guntur.token)
            for _ in range(2)
        ]
        with ThreadPoolExecutor(60) as pool:
            replies = list(pool.map(lambda i: (i, users[i % 2].pay(i)), range(1, 61)))

        passed = sum(amount for amount, reply in replies if reply.status == 201)
        refused = [amount for amount, reply in replies if reply.status == 409]
        assert passed <= 500 < passed + min(refused)
        assert used(database, UUID(guntur.id))["PAYMENT"]["day_amount"] == passed

    def test_payments_and_transfers_in_one_batch_are_each_held_to_their_own(self, database):
        sender, receiver = open_wallets(database, 2, 10_000)
        engine = limited(database, payment=Limit(day_count=2), transfer_out=Limit(day_amount=250))
        wishes = [payment(sender, 100) for _ in range(4)]
        wishes += [transfer_out(sender, receiver, 100) for _ in range(4)]
        outcomes = engine.post(wishes, clock.now())
        assert [isinstance(one, Posted) for one in outcomes] == [True, True, False, False] * 2


class TestDays:
    def test_the_day_is_that_of_the_posting_in_the_zone(self, database):
        wallet = open_wallet(database, 1_000)
        engine = limited(database, payment=Limit(day_count=1))
        dates = [BEFORE_MIDNIGHT, BEFORE_MIDNIGHT, AFTER_MIDNIGHT, AFTER_MIDNIGHT]
        passed = [isinstance(engine.post([payment(wallet, 1)], date)[0], Posted) for date in dates]
        assert passed == [True, False, True, False]

    def test_a_pod_an_hour_behind_resets_nothing(self, database):
        wallet = open_wallet(database, 1_000)
        engine = limited(database, payment=Limit(day_count=2, month_count=3))
        late = AFTER_MIDNIGHT - timedelta(hours=1)
        dates = [AFTER_MIDNIGHT, late, late, AFTER_MIDNIGHT, late]
        passed = [isinstance(engine.post([payment(wallet, 1)], date)[0], Posted) for date in dates]
        assert passed == [True, True, False, False, False]
        assert used(database, wallet)["day"] == 20261126


class TestRefunds:
    def test_a_transfer_that_failed_has_used_its_allowance(self, database):
        """What counts is what was sent: counters only rise in a day, whoever settles what and when."""
        sender, receiver = open_wallets(database, 2, 1_000)
        engine = limited(database, transfer_out=Limit(day_count=1))
        (sent,) = engine.post([transfer_out(sender, receiver, 100)], clock.now())
        before = used(database, sender)

        settlement_engine(database).give_up({sent.entry.operation: "poison"}, clock.now())

        assert used(database, sender) == before
        (again,) = engine.post([transfer_out(sender, receiver, 100)], clock.now())
        assert again.reason.code == "daily_count_exceeded"

    def test_a_credit_leaves_the_counters_of_the_receiver_alone(self, database):
        sender, receiver = open_wallets(database, 2, 1_000)
        limited(database, payment=Limit(day_count=9)).post([payment(receiver, 1)], clock.now())
        before = used(database, receiver)
        queue_transfer(database, sender, receiver, 100)
        settle_rows(settlement_engine(database), Queue(database).pending(list(range(64)), 10).transfers)
        assert used(database, receiver) == before


class TestKept:
    def test_an_engine_without_limits_leaves_them_alone(self, database):
        wallet = open_wallet(database, 1_000)
        limited(database, payment=Limit(day_count=9)).post([payment(wallet, 1)], clock.now())
        before = used(database, wallet)
        posting_engine(database).post([payment(wallet, 1)], clock.now())
        assert used(database, wallet) == before

    @pytest.mark.parametrize(
        "wrong",
        [
            {},
            {"day": 20261125},
            {"day": Int64(20261125), "REFUND": {}},
            {"day": Int64(20261125), "PAYMENT": {"day_amount": Int64(1)}},
            {"day": Int64(20261125), "PAYMENT": dict.fromkeys(Tally._fields, Int64(-1))},
            {"day": Int64(20261125), "PAYMENT": dict.fromkeys(Tally._fields, 1.0)},
        ],
    )
    def test_the_validator_refuses_what_cannot_be(self, database, wrong):
        wallet = open_wallet(database)
        with pytest.raises(WriteError) as refusal:
            database["wallets"].update_one({"_id": wallet}, {"$set": {"used": wrong}})
        assert refusal.value.code == 121
