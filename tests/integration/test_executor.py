"""The executor: what can be credited is, what cannot is refunded once, and poison stays with itself."""

import time
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from books import assert_balanced
from bson import Binary, Decimal128, Int64
from bson.datetime_ms import DatetimeMS
from factories import (
    balance_of,
    kinds_of,
    make_transfer,
    open_wallet,
    open_wallets,
    payment,
    post,
    queue_transfer,
    queue_transfers,
    row_of,
    set_status,
    settle_rows,
    settlement_engine,
)
from watching import Diary, execute_rows, make_executor, make_loop, wait_until

from wallet import clock
from wallet.errors import OutcomeUnknown, Unavailable
from wallet.models import Kind, WalletStatus
from wallet.rules.money import LARGEST_CAP
from wallet.rules.partition import PARTITIONS
from wallet.store import documents
from wallet.store.faults import StoreFault
from wallet.store.queue import Queue
from wallet.store.settling import SettlementEngine
from wallet.store.transactions import Collision, Transactions
from watcher import executor
from watcher.window import Window

REFUNDED = sorted([Kind.TRANSFER_OUT, Kind.REFUND])
EVERYWHERE = list(range(PARTITIONS))
PROMPTLY_S = 2.0
"""A second is promised, and a tenth of it is usual; but the machine may be busy with other tests."""


@pytest.fixture
def diary():
    return Diary()


@pytest.fixture
def hurry(monkeypatch):
    """Return a function that sets the delay before the second attempt; seconds."""
    return lambda delay_s=0.01: monkeypatch.setattr(executor, "FIRST_DELAY_S", delay_s)


def execute(database, diary, **parts):
    pending = Queue(database).pending(EVERYWHERE, 1_000)
    execute_rows(make_executor(database, diary, **parts), pending)


class TestAReceiverThatCannotBeCredited:
    """FAILED, one refund, and the reason: nobody has to ask where the money is."""

    @pytest.mark.parametrize("status", [WalletStatus.FROZEN, WalletStatus.CLOSED])
    def test_for_it_is_frozen_or_closed(self, database, diary, status):
        sender, target, other = open_wallets(database, 3, 1_000)
        bad, good = queue_transfers(database, sender, [target, other], 300)
        set_status(database, target, status)

        execute(database, diary)

        assert diary.settled == [good]
        assert diary.refunds == {bad: "receiver_not_active"}
        assert [balance_of(database, one) for one in (sender, target, other)] == [700, 1_000, 1_300]
        row = row_of(database, bad)
        assert (row["status"], row["failure"]) == ("FAILED", "receiver_not_active")
        assert kinds_of(database, bad) == REFUNDED
        assert_balanced(database)

    def test_for_it_is_at_the_cap(self, database, diary):
        sender, target = open_wallets(database, 2, 1_000)
        transfer = queue_transfer(database, sender, target, 300)

        execute(database, diary, engine=settlement_engine(database, cap=1_299))

        assert diary.refunds == {transfer: "balance_cap_exceeded"}
        assert balance_of(database, sender) == 1_000
        assert_balanced(database)

    def test_and_whose_sender_is_closed_as_well_is_refunded_all_the_same(self, database, diary):
        sender, target = open_wallets(database, 2, 1_000)
        transfer = queue_transfer(database, sender, target, 300)
        set_status(database, sender, WalletStatus.CLOSED)
        set_status(database, target, WalletStatus.CLOSED)

        execute(database, diary)

        assert diary.refunds == {transfer: "receiver_not_active"}
        assert_balanced(database)

    def test_and_whose_refund_is_impossible_is_parked(self, database, diary):
        """At the cap on both sides: the money stays in flight, an operator is told, nobody is held up."""
        sender, target, other = open_wallets(database, 3, 1_000)
        bad, good = queue_transfers(database, sender, [target, other], 300)
        set_status(database, target, WalletStatus.CLOSED)
        post(database, payment(other, 1_000))

        execute(database, diary, engine=settlement_engine(database, cap=600))

        assert diary.settled == [good]
        assert diary.parks == {bad: "balance_cap_exceeded"}
        row = row_of(database, bad)
        assert (row["status"], row["parked"], row["failure"]) == ("PENDING", True, "balance_cap_exceeded")
        assert not Queue(database).pending(EVERYWHERE, 10)
        assert_balanced(database)

    def test_is_refunded_once_however_often_it_is_executed(self, database, diary):
        """P3: the same rows, as a slow watcher saw them, executed again."""
        sender, target = open_wallets(database, 2, 1_000)
        queue_transfer(database, sender, target, 300)
        set_status(database, target, WalletStatus.CLOSED)
        seen = Queue(database).pending(EVERYWHERE, 10)

        for _ in range(3):
            execute_rows(make_executor(database, diary), seen)

        assert balance_of(database, sender) == 1_000
        assert_balanced(database)


def test_what_another_watcher_settled_is_no_news(database, diary):
    sender, target = open_wallets(database, 2, 1_000)
    queue_transfers(database, sender, [target] * 3, 300)
    seen = Queue(database).pending(EVERYWHERE, 10)
    execute_rows(make_executor(database, Diary()), seen)

    execute_rows(make_executor(database, diary), seen)

    assert (diary.settled, diary.refunds, diary.retries, diary.parks) == ([], {}, [], {})
    assert balance_of(database, target) == 1_900
    assert_balanced(database)


class _Broken(SettlementEngine):
    """Cannot settle some transfers, for a reason of its own."""

    def __init__(self, database, broken, fault):
        super().__init__(database, Transactions(database.client), cap=LARGEST_CAP)
        self.broken = {broken}
        self._fault = fault
        self.batches = []

    def settle(self, vouched, date):
        self.batches.append(len(vouched.transfers))
        if self.broken & {one.id for one in vouched.transfers}:
            raise self._fault
        return super().settle(vouched, date)


class TestAPoisonTransfer:
    @pytest.fixture(autouse=True)
    def _hurry(self, hurry):
        hurry()

    @pytest.mark.parametrize("place", [0, 37, 199])
    def test_is_found_and_its_neighbours_are_settled_in_the_same_turn(self, database, diary, place):
        sender, *targets = open_wallets(database, 21, 1_000)
        transfers = queue_transfers(database, sender, targets * 10, 1)
        engine = _Broken(database, transfers[place], RuntimeError("boom"))

        started = time.monotonic()
        make_loop(database, diary, engine=engine).turn()

        assert time.monotonic() - started < PROMPTLY_S
        assert set(diary.settled) == set(transfers) - engine.broken
        assert (transfers[place], 1, RuntimeError) in diary.retries
        assert_balanced(database)

    def test_is_tried_again_and_then_refunded_once(self, database, diary):
        sender, target = open_wallets(database, 2, 1_000)
        poison = queue_transfer(database, sender, target, 300)
        loop = make_loop(database, diary, engine=_Broken(database, poison, RuntimeError("boom")))

        wait_until(lambda: loop.turn() or diary.refunds)

        assert diary.retries == [(poison, attempt, RuntimeError) for attempt in (1, 2, 3, 4)]
        assert diary.refunds == {poison: "poison"}
        assert kinds_of(database, poison) == REFUNDED
        assert row_of(database, poison)["failure"] == "poison"
        assert balance_of(database, sender) == 1_000
        assert_balanced(database)

    def test_however_old_it_is_each_attempt_comes_when_it_is_due(self, database, diary):
        """What an outage left behind is dated further back than sweeps look."""
        sender, target = open_wallets(database, 2, 1_000)
        poison = queue_transfer(database, sender, target, 300, date=clock.now() - timedelta(hours=1))
        loop = make_loop(database, diary, engine=_Broken(database, poison, RuntimeError("boom")))

        wait_until(lambda: loop.turn() or diary.refunds, within_s=PROMPTLY_S)

        assert diary.refunds == {poison: "poison"}

    def test_that_gets_well_is_settled(self, database, diary):
        sender, target = open_wallets(database, 2, 1_000)
        sick = queue_transfer(database, sender, target, 300)
        engine = _Broken(database, sick, RuntimeError("boom"))
        loop = make_loop(database, diary, engine=engine)
        loop.turn()
        engine.broken.clear()

        wait_until(lambda: loop.turn() or diary.settled)

        assert diary.settled == [sick]
        assert diary.refunds == {}
        assert_balanced(database)

    def test_waits_while_others_pass(self, database, diary, hurry):
        """Back-off holds nobody back but the poison itself."""
        hurry(60)
        sender, target = open_wallets(database, 2, 1_000)
        poison = queue_transfer(database, sender, target, 1)
        loop = make_loop(database, diary, engine=_Broken(database, poison, RuntimeError("boom")))
        loop.turn()

        later = queue_transfers(database, sender, [target] * 5, 1)
        loop.sweep_soon()
        loop.turn()

        assert set(diary.settled) == set(later)
        assert len(diary.retries) == 1
        assert row_of(database, poison)["status"] == "PENDING"
        assert_balanced(database)


class TestAStoreThatCannotAnswer:
    """It refunds nobody and blames nobody: what was not committed is still pending."""

    @pytest.mark.parametrize("fault", [Unavailable(), OutcomeUnknown(), StoreFault()], ids=repr)
    def test_is_nobodys_fault(self, database, diary, fault):
        sender, target = open_wallets(database, 2, 1_000)
        transfers = queue_transfers(database, sender, [target] * 3, 1)

        with pytest.raises(type(fault)):
            execute(database, diary, engine=_Broken(database, transfers[1], fault))

        assert (diary.settled, diary.refunds, diary.retries, diary.parks) == ([], {}, [], {})
        assert all(row_of(database, one)["attempts"] == 0 for one in transfers)
        assert all(row_of(database, one)["status"] == "PENDING" for one in transfers)
        assert_balanced(database)

    def test_while_it_refunds_leaves_the_transfer_pending(self, database, diary):
        sender, target = open_wallets(database, 2, 1_000)
        transfer = queue_transfer(database, sender, target, 1)
        set_status(database, target, WalletStatus.CLOSED)
        engine = settlement_engine(database)
        engine.give_up = _raising(Unavailable())

        with pytest.raises(Unavailable):
            execute(database, diary, engine=engine)

        assert row_of(database, transfer)["status"] == "PENDING"
        assert not row_of(database, transfer)["parked"]
        assert diary.parks == {}


def _raising(fault):
    def give_up(_reasons, _date, _picked_up_at):
        raise fault

    return give_up


def test_refunds_that_fail_are_parted_and_only_what_cannot_be_refunded_is_parked(database, diary):
    sender, target = open_wallets(database, 2, 1_000)
    transfers = queue_transfers(database, sender, [target] * 5, 1)
    set_status(database, target, WalletStatus.CLOSED)
    engine = settlement_engine(database)
    give_up = engine.give_up

    def cannot_refund_the_third(reasons, date, picked_up_at):
        if transfers[2] in reasons:
            raise RuntimeError("boom")
        return give_up(reasons, date, picked_up_at)

    engine.give_up = cannot_refund_the_third
    execute(database, diary, engine=engine)

    assert set(diary.refunds) == set(transfers) - {transfers[2]}
    assert diary.parks == {transfers[2]: "receiver_not_active"}
    assert_balanced(database)


class TestWhatIsWrittenDown:
    """In updates that are made anyway: a timeline costs no write of its own."""

    def test_of_a_credit_is_when_it_was_picked_up(self, database, diary):
        transfer = queue_transfer(database, *open_wallets(database, 2, 1_000))

        execute(database, diary)

        row = row_of(database, transfer)
        assert row["date"] <= row["picked_up_at"] <= row["settled_at"]

    def test_of_a_refund_too(self, database, diary):
        sender, target = open_wallets(database, 2, 1_000)
        transfer = queue_transfer(database, sender, target)
        set_status(database, target, WalletStatus.CLOSED)

        execute(database, diary)

        row = row_of(database, transfer)
        assert row["status"] == "FAILED"
        assert row["date"] <= row["picked_up_at"] <= row["settled_at"]

    def test_of_an_attempt_that_failed_is_a_code_that_anybody_may_read(self, database, diary):
        transfer = queue_transfer(database, *open_wallets(database, 2, 1_000))

        execute(database, diary, engine=_Broken(database, transfer, RuntimeError("of the inside")))

        (fault,) = row_of(database, transfer)["faults"]
        assert fault["reason"] == "other"
        assert diary.retries[0][0] == transfer


class TestABatchThatCollides:
    def test_is_left_to_the_next_look_which_takes_half(self, database, diary):
        sender, target = open_wallets(database, 2, 1_000)
        transfers = queue_transfers(database, sender, [target] * 8, 1)
        window = Window(500)

        execute(database, diary, engine=_Broken(database, transfers[0], Collision()), window=window)

        assert window.size == 4
        assert (diary.settled, diary.refunds, diary.retries) == ([], {}, [])
        assert_balanced(database)

    def test_grows_again_while_full_batches_pass(self, database, diary):
        sender, target = open_wallets(database, 2, 1_000)
        window = Window(500)
        window.collided(8)
        queue_transfers(database, sender, [target] * 4, 1)

        execute(database, diary, window=window)

        assert window.size == 5


@pytest.fixture
def vandal(database):
    """Somebody who can write into the queue past every rule. The damage is mended before the audit."""
    one = _Vandal(database)
    yield one
    one.mend()


class _Vandal:
    def __init__(self, database):
        self._rows = database["transfers"]
        self._forged = []
        self._damaged = []

    def forge(self, *, without=(), **fields):
        """Insert a row that no debit stands behind."""
        row = documents.transfer_document(make_transfer()) | fields
        for name in without:
            del row[name]
        self._rows.insert_one(row, bypass_document_validation=True)
        self._forged.append(row["_id"])
        return row["_id"]

    def damage(self, transfer, *, without=(), **fields):
        """Change the row of a real transfer."""
        self._damaged.append((transfer, self._rows.find_one({"_id": transfer})))
        change = ({"$set": fields} if fields else {}) | (
            {"$unset": dict.fromkeys(without, "")} if without else {}
        )
        self._rows.update_one({"_id": transfer}, change, bypass_document_validation=True)
        return transfer

    def mend(self):
        self._rows.delete_many({"_id": {"$in": self._forged}})
        for transfer, row in self._damaged:
            kept = ("status", "failure", "parked", "settled_at")
            now = self._rows.find_one({"_id": transfer}, dict.fromkeys(kept, 1))
            self._rows.replace_one({"_id": transfer}, row | now)


# A row of a real transfer that somebody damaged: the sender's money comes back.
DAMAGES = {
    "no amount": {"without": ["amount"]},
    "no sender": {"without": ["sender"]},
    "no date": {"without": ["date"]},
    "hardly anything": {
        "without": ["sender", "target", "amount", "remarks", "date", "request_id", "attempts", "parked"]
    },
    "text for an amount": {"amount": "5"},
    "a fraction": {"amount": 1.5},
    "NaN": {"amount": float("nan")},
    "infinity": {"amount": float("inf")},
    "a boolean": {"amount": True},
    "a decimal": {"amount": Decimal128("1")},
    "zero": {"amount": Int64(0)},
    "less than nothing": {"amount": Int64(-5)},
    "2^63-1": {"amount": Int64(2**63 - 1)},
    "more than was taken": {"amount": Int64(999)},
    "another target": {"target": uuid4()},
    "another sender": {"sender": uuid4()},
    "a target that is no uuid": {"target": Binary(b"short", 4)},
    "a date beyond all calendars": {"date": DatetimeMS(2**60)},
    "attempts that are no number": {"attempts": "many"},
}

# A row that no debit stands behind: it is parked, and no money is made.
FORGERIES = {
    "an unknown receiver": {},
    "a text for an id": {"_id": "text"},
    "a number for an id": {"_id": 7},
    "an id of five bytes": {"_id": Binary(b"short", 4)},
    "an id that is a date beyond all calendars": {"_id": DatetimeMS(2**60)},
    "nothing but a status": {
        "without": sorted(
            documents.transfer_document(make_transfer()).keys() - {"_id", "status", "partition"}
        )
    },
}


class TestPoisonInABatchOfTwoHundred:
    """The neighbours are settled in the same turn, poison is refunded or parked, and no money is made."""

    @pytest.fixture
    def people(self, database):
        sender, *targets = open_wallets(database, 21, 1_000)
        transfers = queue_transfers(database, sender, targets * 10, 1)
        return sender, targets, transfers

    def test_of_every_sort_at_once(self, database, diary, people, vandal):
        sender, targets, transfers = people
        damaged = {
            name: vandal.damage(transfer, **damage)
            for (name, damage), transfer in zip(DAMAGES.items(), transfers[::10], strict=False)
        }
        forged = {name: vandal.forge(**forgery) for name, forgery in FORGERIES.items()}
        astray = vandal.damage(transfers[195], without=["partition"])

        started = time.monotonic()
        make_loop(database, diary).turn()
        took = time.monotonic() - started

        assert took < PROMPTLY_S
        good = set(transfers) - set(damaged.values()) - {astray}
        assert set(diary.settled) == good
        assert set(diary.refunds) == {*damaged.values(), astray}
        assert set(diary.parks) == set(forged.values())
        assert len(damaged) == len(DAMAGES)
        assert balance_of(database, sender) == 1_000 - len(good)
        assert sum(balance_of(database, target) for target in targets) == 20_000 + len(good)
        assert not Queue(database).pending(EVERYWHERE, 500)
        vandal.mend()
        database["transfers"].delete_many({"_id": {"$in": list(forged.values())}})
        assert_balanced(database)

    @pytest.mark.parametrize("damage", DAMAGES)
    def test_of_a_real_transfer_is_refunded_with_what_the_ledger_took(self, database, diary, vandal, damage):
        sender, target = open_wallets(database, 2, 1_000)
        transfer = queue_transfer(database, sender, target, 300)
        vandal.damage(transfer, **DAMAGES[damage])

        make_loop(database, diary).turn()

        assert set(diary.refunds) == {transfer}
        assert (balance_of(database, sender), balance_of(database, target)) == (1_000, 1_000)
        assert kinds_of(database, transfer) == REFUNDED

    @pytest.mark.parametrize("forgery", FORGERIES)
    def test_that_no_debit_stands_behind_is_parked(self, database, diary, vandal, forgery):
        transfer = vandal.forge(**FORGERIES[forgery])

        make_loop(database, diary).turn()

        assert set(diary.parks) == {transfer}
        assert not Queue(database).pending(EVERYWHERE, 10)
        assert database["entries"].count_documents({}) == 0

    @pytest.mark.parametrize("partition", [None, -1, PARTITIONS, 1.5, "7", float("nan")], ids=repr)
    def test_that_is_in_no_partition_is_found_by_the_sweep(self, database, diary, vandal, partition):
        """Liveness: nothing that took somebody's money is out of sight."""
        sender, target = open_wallets(database, 2, 1_000)
        transfer = queue_transfer(database, sender, target, 300)
        vandal.damage(transfer, **({"partition": partition} if partition else {"without": ["partition"]}))

        make_loop(database, diary).turn()

        assert {*diary.settled, *diary.refunds} == {transfer}
        assert balance_of(database, sender) + balance_of(database, target) == 2_000

    @pytest.mark.parametrize("attempts", [0, 2**62], ids=repr)
    def test_that_is_pending_again_is_parked_in_the_end(self, database, diary, people, hurry, attempts):
        """P3: its credit is in the books already; neither a second one nor a refund can be."""
        hurry()
        _sender, _targets, transfers = people
        again = transfers[100]
        row = documents.transfer(row_of(database, again))
        settle_rows(settlement_engine(database), [row])
        changes = {"status": "PENDING", "attempts": Int64(attempts)}
        database["transfers"].update_one({"_id": again}, {"$set": changes})
        loop = make_loop(database, diary)

        started = time.monotonic()
        loop.turn()
        assert time.monotonic() - started < PROMPTLY_S
        assert set(diary.settled) == set(transfers) - {again}

        wait_until(lambda: loop.turn() or diary.parks)
        assert diary.parks == {again: "poison"}
        assert kinds_of(database, again) == sorted([Kind.TRANSFER_OUT, Kind.TRANSFER_IN])
        database["transfers"].update_one({"_id": again}, {"$set": {"status": "SUCCESS"}})
        assert_balanced(database)

    def test_that_weighs_fifteen_megabytes_is_settled_like_any_other(self, database, diary, vandal):
        sender, target = open_wallets(database, 2, 1_000)
        transfer = queue_transfer(database, sender, target, 300)
        vandal.damage(transfer, note="x" * 15_000_000)

        make_loop(database, diary).turn()

        assert diary.settled == [transfer]

    def test_that_points_at_a_payment_brings_nothing_back(self, database, diary, vandal):
        """P1: a payment is a debit too; a forged row must not turn it into a refund."""
        wallet = open_wallet(database, 1_000)
        movement = payment(wallet, 400)
        post(database, movement)
        vandal.forge(_id=movement.operation, sender=wallet, amount=Int64(400))

        make_loop(database, diary).turn()

        assert diary.parks == {movement.operation: "no_debit"}
        assert balance_of(database, wallet) == 600


def test_dates_of_what_is_settled_are_the_clocks(database, diary):
    sender, target = open_wallets(database, 2, 1_000)
    transfer = queue_transfer(database, sender, target)

    execute(database, diary)

    row = row_of(database, transfer)
    assert row["date"] <= row["settled_at"] <= clock.now() + timedelta(seconds=1)
    assert isinstance(row["_id"], UUID)
