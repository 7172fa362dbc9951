"""The audit against a real replica set: what the engines wrote is clean, what others wrote is found."""

import threading
from itertools import pairwise
from uuid import uuid4

import bson
import pytest
from bson.binary import Binary
from bson.datetime_ms import DatetimeMS
from bson.raw_bson import RawBSONDocument
from factories import (
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

from wallet import clock
from wallet.audit import Promise, audit
from wallet.models import Kind, TransferStatus, WalletStatus
from wallet.store import documents
from wallet.store.snapshot import SnapshotTooOld, SnapshotUnavailable

SNAPSHOT_TOO_OLD = 239
SNAPSHOT_UNAVAILABLE = 246


def insert_unchecked(collection, *rows):
    collection.insert_many(rows, bypass_document_validation=True)


def settle(database, *transfers):
    """Do as the watcher does: credit what can be credited, refund the rest."""
    rows = [documents.transfer(row_of(database, one)) for one in transfers]
    engine = settlement_engine(database)
    engine.give_up(settle_rows(engine, rows).declined, clock.now())


def faults(report):
    return [str(offence) for offence in report.offences]


@pytest.fixture
def fail_finds(client):
    def fail(code):
        client.admin.command(
            {
                "configureFailPoint": "failCommand",
                "mode": {"times": 1},
                "data": {"failCommands": ["find"], "errorCode": code, "appName": "tests"},
            }
        )

    yield fail
    client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})


def test_a_life_with_everything_in_it_is_clean_and_counted(database):
    sender, target, closed = open_wallets(database, 3, balance=1_000)
    post(database, payment(sender, 100))
    credited, refunded = queue_transfers(database, sender, [target, closed], 10)
    queue_transfer(database, target, sender, 7)
    set_status(database, closed, WalletStatus.CLOSED)
    settle(database, credited, refunded)
    report = audit(database)
    assert faults(report) == []
    assert report.counts.wallets == 3
    assert report.counts.balances == 3_000 - 100 - 7
    assert report.counts.in_flight == 7
    assert report.counts.entries[Kind.TRANSFER_OUT] == 3
    assert report.counts.transfers == dict.fromkeys(TransferStatus, 1)


def test_many_random_ids_are_joined_in_the_order_of_the_server(database):
    wallets = open_wallets(database, 150, balance=10_000)
    for sender, target in zip(wallets, wallets[::-1], strict=True):
        settle(database, queue_transfer(database, sender, target, 5))
    assert faults(audit(database)) == []


@pytest.mark.forged
def test_a_changed_balance_is_found(database):
    wallet = open_wallet(database, 1_000)
    database["wallets"].update_one({"_id": wallet}, {"$inc": {"balance": 1}})
    report = audit(database)
    assert {offence.promise for offence in report.offences} == {Promise.CONSERVATION, Promise.CHAIN}


@pytest.mark.forged
def test_a_forged_transfer_is_found_and_counts_no_money(database):
    sender, target = open_wallets(database, 2, balance=1_000)
    forged = make_transfer(sender=sender, target=target)
    insert_unchecked(database["transfers"], documents.transfer_document(forged))
    report = audit(database)
    assert faults(report) == [f"P3 transfer {forged.id}: is PENDING and has no TRANSFER_OUT"]
    assert report.counts.in_flight == 0


MALFORMED = {
    "numbers as ids": {"_id": 5},
    "text as ids": {"_id": "5"},
    "a uuid of three bytes": {"_id": Binary(b"abc", 4)},
    "a uuid of the old sort": {"_id": Binary(uuid4().bytes, 3)},
    "a date after the year 9999": {"_id": uuid4(), "date": DatetimeMS(2**60)},
    "a decimal": {"_id": uuid4(), "amount": bson.Decimal128("1")},
    "an unknown shape": {"_id": {"a": {"b": [None]}}},
}


@pytest.mark.forged
@pytest.mark.parametrize("row", MALFORMED.values(), ids=MALFORMED)
@pytest.mark.parametrize("collection", ["users", "wallets", "entries", "transfers"])
def test_a_malformed_document_is_an_offence_and_never_a_crash(database, collection, row):
    insert_unchecked(database[collection], row)
    report = audit(database)
    assert report.offence_count > 0


@pytest.mark.forged
def test_text_that_is_not_utf8_is_an_offence(database):
    transfer = queue_transfer(database, *open_wallets(database, 2, balance=1_000))
    row = database["transfers"].find_one_and_delete({"_id": transfer})
    raw = bson.encode(row | {"remarks": "?!"}, codec_options=database.codec_options).replace(
        b"?!", b"\xff\xfe"
    )
    insert_unchecked(database["transfers"], RawBSONDocument(raw))
    assert any("debit's remarks" in fault for fault in faults(audit(database)))


def test_what_is_written_meanwhile_does_not_matter(database):
    """It reads one moment: a transfer is never seen in one place and missed in the other."""
    wallets = open_wallets(database, 4, balance=1_000_000)
    done = threading.Event()

    def keep_moving():
        while not done.is_set():
            moved = [queue_transfer(database, one, two, 1) for one, two in pairwise(wallets)]
            settle(database, *moved)

    mover = threading.Thread(target=keep_moving)
    mover.start()
    try:
        reports = [audit(database) for _ in range(10)]
    finally:
        done.set()
        mover.join()
    assert [faults(report) for report in reports] == [[]] * 10
    assert reports[0].counts.entries.total() < reports[-1].counts.entries.total()


@pytest.mark.parametrize(
    ("code", "error"), [(SNAPSHOT_TOO_OLD, SnapshotTooOld), (SNAPSHOT_UNAVAILABLE, SnapshotUnavailable)]
)
def test_a_snapshot_that_is_lost_says_how_to_mend_it(database, fail_finds, code, error):
    fail_finds(code)
    with pytest.raises(error):
        audit(database)


def test_history_that_is_gone_is_told_with_the_parameter_to_raise():
    assert "minSnapshotHistoryWindowInSeconds" in str(SnapshotTooOld())


def test_it_shows_how_far_it_is(database):
    open_wallets(database, 2, balance=1_000)
    seen = {}

    def track(rows, title, total, /):
        seen[title] = total
        return rows

    audit(database, track=track)
    assert seen == {
        "users": 2,
        "wallets": 2,
        "entries by wallet": 2,
        "entries by operation": 2,
        "transfers": 0,
    }
