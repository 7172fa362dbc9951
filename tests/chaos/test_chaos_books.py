"""The books and the moves as they are read from a real replica set."""

import time
from datetime import timedelta

import pytest
from factories import (
    make_transfer,
    open_wallet,
    payment,
    post,
    queue_transfer,
    row_of,
    settle_rows,
    settlement_engine,
)
from watching import wait_until

from tests.chaos.books import QUEUE, QUEUE_AWAY, Sampler, read_books
from tests.chaos.checkers import ANYTIME, totals, verdict
from tests.chaos.evidence import Evidence
from tests.chaos.moves import MoveRecorder
from wallet import clock
from wallet.models import Kind, TransferStatus
from wallet.store import documents


def settle(database, transfer):
    settle_rows(settlement_engine(database), [documents.transfer(row_of(database, transfer))])


@pytest.fixture
def recorder(database):
    recorder = MoveRecorder(database)
    recorder.start()
    yield recorder
    recorder.stop()


def test_everything_is_read_as_it_is(database):
    sender, target = open_wallet(database, 1_000), open_wallet(database)
    done, left = queue_transfer(database, sender, target, 10), queue_transfer(database, sender, target, 20)
    settle(database, done)

    books = read_books(database)

    assert {key: wallet.balance for key, wallet in books.wallets.items()} == {sender: 970, target: 10}
    assert {row.id: row.status for row in books.transfers} == {
        done: TransferStatus.SUCCESS,
        left: TransferStatus.PENDING,
    }
    assert books.entry(done, Kind.TRANSFER_IN).amount == 10
    assert books.entry(left, Kind.TRANSFER_IN) is None
    broken = {one.what for one in verdict(Evidence(), books, ANYTIME)}
    assert broken == {"nobody asked for it"}, "only histories are missing"


@pytest.mark.forged
def test_rows_that_were_forged_are_nobodys_money(database):
    """They are pending until they are parked, and neither in the books nor in the sums."""
    rows = [documents.transfer_document(make_transfer()), {"_id": "a", "status": "PENDING", "amount": "1"}]
    database["transfers"].insert_many(rows, bypass_document_validation=True)
    open_wallet(database, 1_000)

    assert read_books(database).transfers == []
    taken = Sampler(database).take()
    assert totals.check_sample(taken, Evidence()) == []
    assert taken.oldest_s is None


def test_a_sample_adds_up_what_is_there(database):
    sender, target = open_wallet(database, 1_000), open_wallet(database)
    queue_transfer(database, sender, target, 20)
    post(database, payment(sender, 5))

    taken = Sampler(database).take()

    assert (taken.held, taken.in_flight, taken.topped_up, taken.paid) == (975, 20, 1_000, 5)
    assert (taken.lowest, taken.highest, taken.pending) == (0, 975, 1)
    assert totals.check_sample(taken, Evidence()) == []


@pytest.mark.forged
def test_a_sample_finds_the_queue_while_it_is_away(database):
    sender, target = open_wallet(database, 1_000), open_wallet(database)
    queue_transfer(database, sender, target, 20)
    database[QUEUE].rename(QUEUE_AWAY)
    try:
        assert Sampler(database).take().in_flight == 20
    finally:
        database[QUEUE_AWAY].rename(QUEUE)


@pytest.mark.forged
def test_money_is_in_flight_whatever_became_of_its_row(database):
    sender, target = open_wallet(database, 1_000), open_wallet(database)
    spoiled = queue_transfer(database, sender, target, 20)
    database[QUEUE].update_one({"_id": spoiled}, {"$set": {"amount": "20"}}, bypass_document_validation=True)
    taken = Sampler(database).take()
    assert taken.in_flight == 20
    assert totals.check_sample(taken, Evidence()) == []


def test_a_sampler_remembers_since_when_a_transfer_waits(database):
    """Whatever its date says: the clock of the pod may be an hour behind."""
    sender, target = open_wallet(database, 10_000), open_wallet(database)
    sampler = Sampler(database)
    assert sampler.take().oldest_s is None
    first = queue_transfer(database, sender, target, date=clock.now() - timedelta(hours=1))
    assert sampler.take().oldest_s == 0
    time.sleep(0.1)
    queue_transfer(database, sender, target)
    assert 0.1 <= sampler.take().oldest_s < 10
    settle(database, first)
    assert sampler.take().oldest_s < 0.1


@pytest.mark.forged
def test_a_sample_sees_money_that_was_made(database):
    wallet = open_wallet(database, 1_000)
    database["wallets"].update_one({"_id": wallet}, {"$inc": {"balance": 1}})
    assert [one.promise for one in totals.check_sample(Sampler(database).take(), Evidence())] == ["P1"]


def test_every_move_is_heard_once_although_the_stream_is_cut(database, client, recorder):
    """It goes on after what it heard last."""
    sender, target = open_wallet(database, 1_000), open_wallet(database)
    first = queue_transfer(database, sender, target, 1)
    wait_until(lambda: recorder.moves)
    for cursor in client.admin.aggregate([{"$currentOp": {"idleCursors": True}}]):
        if cursor.get("ns", "").endswith(".transfers") and cursor.get("cursor"):
            database.command("killCursors", "transfers", cursors=[cursor["cursor"]["cursorId"]])
    second = queue_transfer(database, sender, target, 1)
    for transfer in (first, second):
        settle(database, transfer)

    wait_until(lambda: len(recorder.moves) == 4)

    assert [(one.transfer, one.status) for one in recorder.moves] == [
        (first, TransferStatus.PENDING),
        (second, TransferStatus.PENDING),
        (first, TransferStatus.SUCCESS),
        (second, TransferStatus.SUCCESS),
    ]
    assert recorder.complete
