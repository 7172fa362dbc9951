"""The audit of what is new: it finds what happened since, and reads next to nothing of what is older."""

from datetime import timedelta

import pytest
from factories import (
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
from wallet.audit import audit_since
from wallet.models import EntryId, Kind, Side, TransferStatus, WalletStatus
from wallet.store import documents

OLD = timedelta(days=3)
SINCE = timedelta(hours=1)


def since(database, **options):
    return audit_since(database, clock.now() - SINCE, **options)


def settle(database, *transfers):
    rows = [documents.transfer(row_of(database, one)) for one in transfers]
    engine = settlement_engine(database)
    engine.give_up(settle_rows(engine, rows).declined, clock.now())


def grow_old(database):
    """Let all there is have happened three days ago."""
    ago = clock.now() - OLD
    database["entries"].update_many({}, {"$set": {"date": ago}})
    database["transfers"].update_many({}, {"$set": {"date": ago}})


@pytest.fixture
def life(database):
    """Old top-ups and transfers, one of them still pending; and a new one of each sort."""
    sender, target, closed = open_wallets(database, 3, 1_000)
    settle(database, queue_transfer(database, sender, target, 5))
    late = queue_transfer(database, sender, target, 7)
    grow_old(database)
    credited, refunded, pending = queue_transfers(database, sender, [target, closed, target], 10)
    set_status(database, closed, WalletStatus.CLOSED)
    settle(database, credited, refunded)
    post(database, payment(target, 1))
    return {"sender": sender, "target": target, "late": late, "credited": credited, "pending": pending}


def faults(report):
    return [str(offence) for offence in report.offences]


@pytest.mark.usefixtures("life")
def test_what_is_new_is_counted_and_clean(database):
    report = since(database)
    assert faults(report) == []
    assert report.counts.wallets == 3
    assert report.counts.entries == {
        Kind.TRANSFER_OUT: 3,
        Kind.TRANSFER_IN: 1,
        Kind.REFUND: 1,
        Kind.PAYMENT: 1,
    }
    assert report.counts.transfers == dict.fromkeys(TransferStatus, 1)
    assert report.counts.in_flight == 10


def test_an_old_transfer_that_was_settled_since_is_looked_at(database, life):
    settle(database, life["late"])
    report = since(database)
    assert faults(report) == []
    assert report.counts.transfers[TransferStatus.SUCCESS] == 2


def entry(database, operation, side, **change):
    key = documents.entry_key(EntryId(operation, side))
    database["entries"].update_one({"_id": key}, change, bypass_document_validation=True)


def raise_balance(database, life):
    database["wallets"].update_one({"_id": life["sender"]}, {"$inc": {"balance": 1}})


def raise_old_balance(database, life):
    grow_old(database)
    raise_balance(database, life)


HARM = {
    "a balance": raise_balance,
    "a balance that is old": raise_old_balance,
    "a link": lambda db, life: entry(db, life["credited"], Side.DEBIT, **{"$inc": {"before": 1, "after": 1}}),
    "a status": lambda db, life: db["transfers"].update_one(
        {"_id": life["pending"]}, {"$set": {"status": "SUCCESS"}}
    ),
    "a row": lambda db, life: db["transfers"].delete_one({"_id": life["credited"]}),
    "a missing entry": lambda db, life: db["entries"].delete_one({"wallet": life["sender"], "seq": 4}),
    "a malformed entry": lambda db, life: entry(
        db, life["credited"], Side.CREDIT, **{"$set": {"date": "today"}}
    ),
    "a lost wallet": lambda db, life: db["wallets"].delete_one({"_id": life["target"]}),
}


@pytest.mark.forged
@pytest.mark.parametrize("harm", HARM.values(), ids=HARM)
def test_what_is_wrong_and_new_is_found(database, life, harm):
    harm(database, life)
    assert faults(since(database))


@pytest.mark.forged
def test_a_transfer_that_is_wrong_is_told_once(database, life):
    """Its debit and its credit are both new, and both lead to it."""
    database["transfers"].update_one({"_id": life["credited"]}, {"$set": {"sender": life["target"]}})
    report = since(database)
    sides = [fault.split(" and its ")[1].split("'")[0] for fault in faults(report)]
    assert sides == ["debit", "credit"]


def test_a_chain_from_its_very_first_entry_is_whole(database):
    wallet = open_wallet(database, 100)
    post(database, payment(wallet, 1))
    assert faults(since(database)) == []
    assert since(database).counts.entries.total() == 2


def returned(database):
    """Return how many documents the server has returned so far."""
    return database.command({"serverStatus": 1})["metrics"]["document"]["returned"]


def test_of_a_long_history_only_the_end_is_read(database):
    wallet = open_wallet(database, 100)
    for _ in range(3):
        post(database, *(top_up(wallet, 1) for _ in range(400)))
    grow_old(database)
    post(database, payment(wallet, 1))
    assert since(database).counts.entries == {Kind.PAYMENT: 1}
    before = returned(database)
    since(database)
    assert returned(database) - before < 100
