"""The posting engine: a batch is one commit, a refusal writes nothing, a key is good for one request."""

from dataclasses import replace
from uuid import uuid4

import pytest
from books import assert_balanced
from factories import (
    balance_of,
    make_wallet,
    open_wallet,
    open_wallets,
    payment,
    post,
    posting_engine,
    row_of,
    set_status,
    top_up,
    transfer_out,
)
from pymongo.errors import OperationFailure

from wallet import clock, errors, ledger
from wallet.ledger import Declined, Posted, Replayed
from wallet.models import Kind, WalletStatus
from wallet.rules.money import LARGEST_CAP
from wallet.rules.partition import partition_of
from wallet.store import documents
from wallet.store.books import BalanceMoved, Books
from wallet.store.faults import AlreadyExists
from wallet.store.posting import PostingEngine
from wallet.store.transactions import Transactions


@pytest.fixture
def engine(database):
    return posting_engine(database)


def counts(database):
    return {name: database[name].count_documents({}) for name in ("entries", "transfers")}


def test_an_outcome_is_what_lies_in_the_books(database, engine):
    """P5: the answer is that of its own commit."""
    wallet = open_wallet(database, 1_000)

    (outcome,) = engine.post([payment(wallet, 400, remarks="kopi")], clock.now())

    assert (outcome.entry.before, outcome.entry.after) == (1_000, 600)
    assert documents.entry(database["entries"].find_one({"wallet": wallet, "seq": 2})) == outcome.entry
    assert balance_of(database, wallet) == 600
    assert_balanced(database)


def test_a_transfer_is_queued_in_the_commit_that_debits_it(database, engine):
    """P3: the debit and the row that promises the credit, both or neither."""
    sender, target = open_wallets(database, 2, 1_000)
    posting = transfer_out(sender, target, 300, remarks="arisan", request_id="req-1")

    (outcome,) = engine.post([posting], clock.now())

    row = row_of(database, posting.operation)
    assert (row["sender"], row["target"], row["amount"]) == (sender, target, 300)
    assert (row["status"], row["attempts"], row["parked"]) == ("PENDING", 0, False)
    assert (row["remarks"], row["request_id"], row["date"]) == ("arisan", "req-1", outcome.entry.date)
    assert row["partition"] == partition_of(target)
    assert (balance_of(database, sender), balance_of(database, target)) == (700, 1_000)
    assert_balanced(database)


def test_a_transfer_without_a_receiver_cannot_be_queued(database, engine):
    sender = open_wallet(database, 1_000)

    (outcome,) = engine.post([replace(transfer_out(sender, sender, 1), counterparty=None)], clock.now())

    assert isinstance(outcome.reason, errors.ReceiverNotFound)
    assert counts(database)["transfers"] == 0


def test_a_batch_is_one_commit_and_each_refusal_is_its_own(database, engine):
    """P4: a refusal has no effect at all, and none on its neighbours."""
    wallet, other = open_wallets(database, 2, 1_000)

    outcomes = engine.post(
        [
            payment(wallet, 600),
            payment(wallet, 600),
            top_up(other, LARGEST_CAP),
            transfer_out(wallet, uuid4(), 1),
            payment(other, 1),
        ],
        clock.now(),
    )

    assert [type(outcome) for outcome in outcomes] == [Posted, Declined, Declined, Declined, Posted]
    assert (balance_of(database, wallet), balance_of(database, other)) == (400, 999)
    assert counts(database) == {"entries": 4, "transfers": 0}
    assert_balanced(database)


def test_a_batch_of_refusals_writes_nothing(database, engine):
    before = counts(database)

    outcomes = engine.post([payment(uuid4(), 1), top_up(uuid4(), 1)], clock.now())

    assert [outcome.reason.code for outcome in outcomes] == ["unauthenticated"] * 2
    assert counts(database) == before


@pytest.mark.parametrize("status", [WalletStatus.FROZEN, WalletStatus.CLOSED])
def test_a_frozen_or_closed_wallet_moves_no_money(database, engine, status):
    wallet, other = open_wallets(database, 2, 1_000)
    set_status(database, wallet, status)

    outcomes = engine.post(
        [
            payment(wallet, 1),
            top_up(wallet, 1),
            transfer_out(wallet, other, 1),
            transfer_out(other, wallet, 1),
        ],
        clock.now(),
    )

    assert [outcome.reason.code for outcome in outcomes] == [f"wallet_{status.lower()}"] * 3 + [
        "receiver_not_active"
    ]


def test_the_largest_amount_survives_the_trip(database, engine):
    """P2: 2^53-1 rupiah in and out, to the rupiah."""
    wallet = open_wallet(database)

    engine.post([top_up(wallet, LARGEST_CAP)], clock.now())
    assert balance_of(database, wallet) == LARGEST_CAP
    engine.post([payment(wallet, LARGEST_CAP)], clock.now())

    assert balance_of(database, wallet) == 0
    assert_balanced(database)


class TestKeys:
    """P8."""

    @pytest.mark.parametrize("kind", [Kind.TOP_UP, Kind.PAYMENT, Kind.TRANSFER_OUT])
    def test_the_same_request_again_is_the_same_answer_again(self, database, engine, kind):
        wallet, target = open_wallets(database, 2, 1_000)
        posting = replace(top_up(wallet, 600, keyed=True), kind=kind)
        if kind is Kind.TRANSFER_OUT:
            posting = replace(posting, counterparty=target)

        (first,) = engine.post([posting], clock.now())
        before = counts(database)
        (second,) = engine.post([posting], clock.now())

        assert isinstance(second, Replayed)
        assert second.entry == first.entry
        assert counts(database) == before
        assert_balanced(database)

    def test_another_body_under_the_same_key_names_what_differs(self, database, engine):
        wallet = open_wallet(database, 1_000)
        first = payment(wallet, 100, remarks="kopi", keyed=True)
        post(database, first)

        (outcome,) = engine.post([replace(first, amount=101, remarks="teh")], clock.now())

        assert set(outcome.reason.fields) == {"amount", "remarks"}
        assert balance_of(database, wallet) == 900

    def test_a_refused_request_burns_no_key(self, database, engine):
        wallet = open_wallet(database, 100)
        dear = payment(wallet, 500, keyed=True)

        (refused,) = engine.post([dear], clock.now())
        post(database, top_up(wallet, 400))
        (accepted,) = engine.post([dear], clock.now())

        assert isinstance(refused, Declined)
        assert isinstance(accepted, Posted)
        assert balance_of(database, wallet) == 0

    def test_an_answer_is_the_same_however_the_transfer_ended(self, database, engine):
        sender, target = open_wallets(database, 2, 1_000)
        posting = transfer_out(sender, target, 300, keyed=True)
        (first,) = engine.post([posting], clock.now())
        set_status(database, target, WalletStatus.CLOSED)
        set_status(database, sender, WalletStatus.FROZEN)

        (second,) = engine.post([posting], clock.now())

        assert second == Replayed(first.entry)


class _OnceBehind(Transactions):
    """Another pod committed the same key between our look and our commit, the first time."""

    def __init__(self, client):
        super().__init__(client)
        self.runs = 0

    def run(self, body, **options):
        self.runs += 1
        if self.runs == 1:
            raise AlreadyExists
        return super().run(body, **options)


def test_who_finds_its_entry_made_meanwhile_looks_again(database):
    """P8: the loser of a race for a key replays what the winner wrote."""
    wallet = open_wallet(database, 1_000)
    posting = payment(wallet, 400, keyed=True)
    (entry,) = post(database, posting)
    transactions = _OnceBehind(database.client)

    outcomes = PostingEngine(database, transactions, cap=LARGEST_CAP).post([posting], clock.now())

    assert outcomes == (Replayed(entry),)
    assert transactions.runs == 2


def test_an_id_that_is_taken_and_no_key_is_refused_by_the_primary_key(database, engine):
    """P3: even a caller that does not look for its entry cannot make a second one."""
    wallet = open_wallet(database, 1_000)
    posting = payment(wallet, 400)
    post(database, posting)

    with pytest.raises(AlreadyExists):
        engine.post([posting], clock.now())

    assert balance_of(database, wallet) == 600
    assert_balanced(database)


def test_a_wallet_that_is_not_where_the_batch_began_undoes_the_batch(database):
    """The belt on the snapshot's braces: a balance that moved is never overwritten."""
    wallet = open_wallet(database, 1_000)
    elsewhere = {wallet: make_wallet(id=wallet, balance=1_000, seq=5)}
    sheet = ledger.post([payment(wallet, 1)], elsewhere, {}, cap=LARGEST_CAP, date=clock.now())

    with pytest.raises(BalanceMoved):
        Transactions(database.client).run(
            lambda session: Books(database).write_wallets(elsewhere, sheet, session)
        )

    assert_balanced(database)


@pytest.mark.parametrize(
    "change",
    [
        {"balance": -1},
        {"balance": 1.5},
        {"balance": LARGEST_CAP + 1},
        {"balance": "1"},
        {"seq": -1},
        {"status": "OPEN"},
        {"nickname": "x"},
    ],
    ids=str,
)
def test_the_database_itself_refuses_a_wallet_that_cannot_be(database, change):
    """P2: the validators stand behind the ledger."""
    wallet = open_wallet(database, 1_000)

    with pytest.raises(OperationFailure, match="failed validation"):
        database["wallets"].update_one({"_id": wallet}, {"$set": change})
