"""The settlement engine: a pending transfer becomes one credit or one refund; the ledger vouches for it."""

from contextlib import contextmanager
from dataclasses import replace

import pytest
from books import assert_balanced
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
    top_up,
)

from wallet import clock
from wallet.models import Kind, WalletStatus
from wallet.store import documents
from wallet.store.faults import AlreadyExists
from wallet.store.settling import Overtaken

CREDITED = sorted([Kind.TRANSFER_OUT, Kind.TRANSFER_IN])
REFUNDED = sorted([Kind.TRANSFER_OUT, Kind.REFUND])


@pytest.fixture
def engine(database):
    return settlement_engine(database)


@pytest.fixture
def settle(database):
    """Return a function that settles transfers by their ids, as the queue has them at that moment."""

    def settle_now(engine, *transfers):
        rows = [documents.transfer(row_of(database, one)) for one in transfers]
        return settle_rows(engine, rows)

    return settle_now


def give_up(engine, *transfers, reason="poison"):
    return engine.give_up(dict.fromkeys(transfers, reason), clock.now())


class TestCredit:
    def test_brings_the_target_the_money_and_the_row_to_success(self, database, engine, settle):
        sender, target = open_wallets(database, 2, 1_000)
        transfer = queue_transfer(database, sender, target, 300)

        done = settle(engine, transfer)

        assert [one.id for one in done.credited] == [transfer]
        assert done.declined == {}
        assert (balance_of(database, sender), balance_of(database, target)) == (700, 1_300)
        assert row_of(database, transfer)["status"] == "SUCCESS"
        assert row_of(database, transfer)["settled_at"] is not None
        assert_balanced(database)

    def test_of_many_to_one_receiver_is_one_chain(self, database, engine, settle):
        """P6: credits to the same receiver share a write, each with its own entry."""
        sender, target = open_wallet(database, 1_000), open_wallet(database)
        transfers = queue_transfers(database, sender, [target] * 50, 2)

        settle(engine, *transfers)

        assert balance_of(database, target) == 100
        assert database["wallets"].find_one({"_id": target})["seq"] == 50
        assert_balanced(database)

    def test_again_is_overtaken_and_does_nothing(self, database, engine):
        """P3: delivered twice, credited once."""
        sender, target, other = open_wallets(database, 3, 1_000)
        transfers = queue_transfers(database, sender, [target, other], 300)
        first, second = (documents.transfer(row_of(database, one)) for one in transfers)
        settle_rows(engine, [first])

        with pytest.raises(Overtaken):
            settle_rows(engine, [second, first])

        assert balance_of(database, target) == 1_300
        assert row_of(database, second.id)["status"] == "PENDING"
        assert_balanced(database)

    def test_of_nothing_does_nothing(self, engine):
        done = settle_rows(engine, [])

        assert (done.credited, done.declined) == ([], {})

    def test_goes_to_one_who_sends_on_in_the_same_batch(self, database, engine, settle):
        one, two = open_wallets(database, 2, 100)
        transfers = [queue_transfer(database, one, two, 60), queue_transfer(database, two, one, 60)]

        settle(engine, *transfers)

        assert (balance_of(database, one), balance_of(database, two)) == (100, 100)
        assert_balanced(database)


class TestDecline:
    """A receiver that cannot be credited: nothing is written, and the reason is told."""

    @pytest.mark.parametrize("status", [WalletStatus.FROZEN, WalletStatus.CLOSED])
    def test_of_a_frozen_or_closed_receiver(self, database, engine, status, settle):
        sender, target, other = open_wallets(database, 3, 1_000)
        bad, good = queue_transfers(database, sender, [target, other], 300)
        set_status(database, target, status)

        done = settle(engine, bad, good)

        assert done.declined == {bad: "receiver_not_active"}
        assert [one.id for one in done.credited] == [good]
        assert row_of(database, bad)["status"] == "PENDING"
        assert kinds_of(database, bad) == [Kind.TRANSFER_OUT]
        assert_balanced(database)

    def test_of_a_receiver_at_the_cap(self, database, settle):
        sender, target = open_wallets(database, 2, 1_000)
        fits, over = sorted(queue_transfers(database, sender, [target] * 2, 300))

        done = settle(settlement_engine(database, cap=1_599), fits, over)

        assert done.declined == {over: "balance_cap_exceeded"}
        assert [one.id for one in done.credited] == [fits]
        assert_balanced(database)

    def test_of_a_receiver_who_is_gone(self, database, engine, settle):
        sender, target = open_wallet(database, 1_000), open_wallet(database)
        transfer = queue_transfer(database, sender, target)
        database["users"].delete_one({"_id": target})
        database["wallets"].delete_one({"_id": target})

        assert settle(engine, transfer).declined == {transfer: "receiver_not_found"}


class TestRefund:
    @pytest.mark.parametrize("status", WalletStatus)
    def test_gives_the_sender_the_money_back_whatever_became_of_the_wallet(self, database, engine, status):
        sender, target = open_wallets(database, 2, 1_000)
        transfer = queue_transfer(database, sender, target, 300)
        set_status(database, sender, status)

        done = give_up(engine, transfer, reason="receiver_not_active")

        (refund,) = done.refunded
        assert (refund.debit.operation, refund.reason) == (transfer, "receiver_not_active")
        assert done.stuck == {}
        assert (balance_of(database, sender), balance_of(database, target)) == (1_000, 1_000)
        row = row_of(database, transfer)
        assert (row["status"], row["failure"]) == ("FAILED", "receiver_not_active")
        assert row["settled_at"] is not None
        assert kinds_of(database, transfer) == REFUNDED
        assert_balanced(database)

    def test_again_does_nothing(self, database, engine):
        sender, target = open_wallets(database, 2, 1_000)
        transfer = queue_transfer(database, sender, target, 300)
        give_up(engine, transfer)

        done = give_up(engine, transfer)

        assert (done.refunded, done.stuck) == ([], {})
        assert balance_of(database, sender) == 1_000
        assert_balanced(database)

    def test_and_credit_never_both(self, database, engine, settle):
        """P3, P10: SUCCESS is never refunded, FAILED never credited."""
        sender, target = open_wallets(database, 2, 1_000)
        credited, refunded = queue_transfers(database, sender, [target] * 2, 300)
        settle(engine, credited)
        give_up(engine, refunded)

        assert give_up(engine, credited).refunded == []
        with pytest.raises(Overtaken):
            settle(engine, refunded)

        assert kinds_of(database, credited) == CREDITED
        assert kinds_of(database, refunded) == REFUNDED
        assert_balanced(database)

    def test_that_would_pass_the_cap_is_stuck_and_stays_pending(self, database):
        sender, target = open_wallets(database, 2, 1_000)
        transfer = queue_transfer(database, sender, target, 300)
        post(database, top_up(sender, 300))

        done = give_up(settlement_engine(database, cap=1_299), transfer)

        assert (done.refunded, done.stuck) == ([], {transfer: "balance_cap_exceeded"})
        assert row_of(database, transfer)["status"] == "PENDING"
        assert_balanced(database)

    def test_of_one_whose_wallet_is_gone_is_stuck(self, database, engine):
        sender, target = open_wallet(database, 300), open_wallet(database)
        transfer = queue_transfer(database, sender, target, 300)
        wallet = database["wallets"].find_one_and_delete({"_id": sender})

        assert give_up(engine, transfer).stuck == {transfer: "unauthenticated"}

        database["wallets"].insert_one(wallet)


class TestACommitThatIsDisturbed:
    """P3, P4: whatever becomes of the commit and of its answer, the effect is one."""

    FAULTS = {  # noqa: RUF012
        "cut": {"closeConnection": True},
        "late": {"errorCode": 262, "errorLabels": ["UnknownTransactionCommitResult"]},
        "conflict": {"errorCode": 112, "errorLabels": ["TransientTransactionError"]},
        "done, says nobody": {"writeConcernError": {"code": 64, "errmsg": "it is done all the same"}},
    }

    @pytest.fixture(params=FAULTS)
    def disturbed(self, client, request):
        """A context in which the first commit is disturbed."""

        @contextmanager
        def first_commit():
            data = {"failCommands": ["commitTransaction"], "appName": "tests"} | self.FAULTS[request.param]
            client.admin.command({"configureFailPoint": "failCommand", "mode": {"times": 1}, "data": data})
            try:
                yield
            finally:
                client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})

        return first_commit

    def test_credits_once(self, database, engine, settle, disturbed):
        sender, target = open_wallets(database, 2, 1_000)
        transfers = queue_transfers(database, sender, [target] * 3, 100)

        with disturbed():
            done = settle(engine, *transfers)

        assert [one.id for one in done.credited] == transfers
        assert balance_of(database, target) == 1_300
        assert_balanced(database)

    def test_refunds_once(self, database, engine, disturbed):
        sender, target = open_wallets(database, 2, 1_000)
        transfers = queue_transfers(database, sender, [target] * 3, 100)

        with disturbed():
            done = give_up(engine, *transfers)

        assert len(done.refunded) == 3
        assert balance_of(database, sender) == 1_000
        assert_balanced(database)

    def test_debits_once(self, database, disturbed):
        wallet = open_wallet(database, 1_000)

        with disturbed():
            (entry,) = post(database, payment(wallet, 100))

        assert (entry.before, entry.after) == (1_000, 900)
        assert balance_of(database, wallet) == 900
        assert_balanced(database)

    def test_accepts_once(self, database, disturbed):
        """The debit and the row of the queue are one commit, whichever attempt makes it."""
        sender, target = open_wallets(database, 2, 1_000)

        with disturbed():
            transfer = queue_transfer(database, sender, target, 100)

        assert balance_of(database, sender) == 900
        assert row_of(database, transfer)["status"] == "PENDING"
        assert_balanced(database)


class TestARowThatSomebodyElseWrote:
    """P1: the ledger is the truth and the queue only points at it: whatever a row says, it makes no money."""

    @pytest.fixture
    def forge(self, database):
        """Return a function that writes a row by hand; they are gone before the books are audited."""
        forged = []

        def write(**fields):
            transfer = make_transfer(**fields)
            forged.append(transfer.id)
            document = documents.transfer_document(transfer)
            database["transfers"].replace_one({"_id": transfer.id}, document, upsert=True)
            return transfer.id

        yield write
        database["transfers"].delete_many({"_id": {"$in": forged}})

    def test_without_a_debit_it_is_stuck(self, database, engine, forge, settle):
        target = open_wallet(database)
        transfer = forge(target=target, amount=300)

        assert settle(engine, transfer).declined == {transfer: "no_debit"}
        assert give_up(engine, transfer, reason="no_debit").stuck == {transfer: "no_debit"}

        assert balance_of(database, target) == 0

    @pytest.mark.parametrize("kind", [Kind.PAYMENT, Kind.TOP_UP])
    def test_it_cannot_turn_another_movement_into_a_refund(self, database, engine, forge, kind, settle):
        """A payment is on the debit side as well, but its money has left the wallet for good."""
        wallet, target = open_wallets(database, 2, 1_000)
        movement = replace(payment(wallet, 400), kind=kind)
        post(database, movement)
        before = balance_of(database, wallet)
        transfer = forge(id=movement.operation, sender=wallet, target=target, amount=400)

        assert settle(engine, transfer).declined == {transfer: "no_debit"}
        assert give_up(engine, transfer, reason="no_debit").stuck == {transfer: "no_debit"}

        assert balance_of(database, wallet) == before
        assert balance_of(database, target) == 1_000
        assert kinds_of(database, transfer) == [kind]

    @pytest.mark.parametrize("lie", ["amount", "target", "sender"])
    def test_a_lie_is_refunded_with_what_the_ledger_took(self, database, engine, lie, settle):
        sender, target, thief = open_wallets(database, 3, 1_000)
        transfer = queue_transfer(database, sender, target, 300)
        truth = row_of(database, transfer)[lie]
        value = documents.Int64(900) if lie == "amount" else thief
        database["transfers"].update_one({"_id": transfer}, {"$set": {lie: value}})

        assert settle(engine, transfer).declined == {transfer: "no_debit"}
        (refund,) = give_up(engine, transfer, reason="no_debit").refunded

        assert refund.debit.amount == 300
        assert [balance_of(database, one) for one in (sender, target, thief)] == [1_000] * 3
        database["transfers"].update_one({"_id": transfer}, {"$set": {lie: truth}})
        assert_balanced(database)

    def test_one_that_is_pending_again_is_not_paid_again(self, database, engine, settle):
        """P3: the primary key alone would refuse the second credit, and a refund on top of it."""
        sender, target = open_wallets(database, 2, 1_000)
        transfer = queue_transfer(database, sender, target, 300)
        settle(engine, transfer)
        database["transfers"].update_one({"_id": transfer}, {"$set": {"status": "PENDING"}})

        with pytest.raises(AlreadyExists):
            settle(engine, transfer)
        with pytest.raises(AlreadyExists):
            give_up(engine, transfer)

        assert balance_of(database, target) == 1_300
        database["transfers"].update_one({"_id": transfer}, {"$set": {"status": "SUCCESS"}})
        assert_balanced(database)

    def test_one_that_is_poison_undoes_the_whole_batch(self, database, engine, settle):
        sender, target = open_wallets(database, 2, 1_000)
        poison, good = queue_transfers(database, sender, [target] * 2, 300)
        settle(engine, poison)
        database["transfers"].update_one({"_id": poison}, {"$set": {"status": "PENDING"}})

        with pytest.raises(AlreadyExists):
            settle(engine, poison, good)

        assert row_of(database, good)["status"] == "PENDING"
        assert balance_of(database, target) == 1_300
        database["transfers"].update_one({"_id": poison}, {"$set": {"status": "SUCCESS"}})
        assert_balanced(database)
