"""The queue: who is pending, due, overdue, astray or parked is asked of the rows, by the server's clock."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import bson
import pytest
from bson import Binary, Int64
from bson.datetime_ms import DatetimeMS
from bson.raw_bson import RawBSONDocument
from factories import make_transfer, open_wallets, queue_transfer, row_of

from wallet import clock
from wallet.rules.partition import PARTITIONS
from wallet.store import documents
from wallet.store.client import CODEC
from wallet.store.queue import Queue

EVERYWHERE = list(range(PARTITIONS))
NOW = clock.now()


@pytest.fixture
def queue(database):
    return Queue(database)


@pytest.fixture
def add(database):
    """Return a function that writes rows past every rule; they are gone before the books are audited."""
    rows = database.get_collection("transfers")

    def write(*, without=(), raw=(), **fields):
        document = documents.transfer_document(make_transfer(date=NOW)) | fields
        for name in without:
            del document[name]
        encoded = bson.encode(document, codec_options=CODEC)
        for good, bad in raw:
            assert len(good) == len(bad)
            encoded = encoded.replace(good, bad)
        rows.insert_one(RawBSONDocument(encoded), bypass_document_validation=True)
        return document["_id"]

    yield write
    rows.delete_many({})


def at(second):
    return NOW + timedelta(seconds=second)


def ids(pending):
    assert pending.malformed == []
    return [one.id for one in pending.transfers]


class TestPending:
    def test_is_oldest_first_whatever_the_partition(self, queue, add):
        late, early, middle = add(date=at(3)), add(date=at(1)), add(date=at(2))

        assert ids(queue.pending(EVERYWHERE, 10)) == [early, middle, late]

    def test_is_no_more_than_the_limit(self, queue, add):
        first, second, _ = (add(date=at(number)) for number in range(3))

        assert ids(queue.pending(EVERYWHERE, 2)) == [first, second]

    def test_is_of_the_partitions_asked_for(self, queue, add):
        mine = add(partition=7)
        add(partition=8)

        assert ids(queue.pending([6, 7], 10)) == [mine]

    @pytest.mark.parametrize("status", ["SUCCESS", "FAILED"])
    def test_is_nothing_that_is_finished(self, queue, add, status):
        add(status=status)

        assert not queue.pending(EVERYWHERE, 10)

    def test_is_the_transfer_as_it_was_queued(self, queue, add, database):
        transfer = add(amount=2**53 - 1, remarks="kopi ☕")

        (one,) = queue.pending(EVERYWHERE, 10).transfers

        assert one == documents.transfer(row_of(database, transfer))

    def test_is_false_when_there_is_nothing_to_do(self, queue, add):
        assert not queue.pending(EVERYWHERE, 10)
        add(amount=-1.5)
        assert queue.pending(EVERYWHERE, 10)


class TestARowThatCannotBeRead:
    """A malformed row is named by its id and hides none of its neighbours."""

    @pytest.mark.parametrize(
        "change",
        [
            {"amount": 1.5},
            {"amount": float("nan")},
            {"sender": "somebody"},
            {"date": "today"},
            {"date": DatetimeMS(2**60)},
            {"_id": "text"},
            {"_id": 7},
            {"_id": b"bytes"},
            {"_id": Binary(b"0123456789abcdef", 3)},
            {"_id": Binary(b"short", 4)},
            {"_id": DatetimeMS(2**60)},
            {"sender": Binary(b"short", 4)},
        ],
        ids=str,
    )
    def test_by_type_or_by_value(self, queue, add, change):
        good = add()
        bad = add(**{"date": at(-1)} | change)

        pending = queue.pending(EVERYWHERE, 10)

        assert [one.id for one in pending.transfers] == [good]
        assert pending.malformed == [bad]

    @pytest.mark.parametrize("field", ["remarks", "sender", "status and all but what makes it pending"])
    def test_for_what_it_lacks(self, queue, add, field):
        kept = {"_id", "status", "partition"}
        everything = set(documents.transfer_document(make_transfer()))
        good = add()
        bad = add(without=[field] if field in everything else everything - kept)

        pending = queue.pending(EVERYWHERE, 10)

        assert [one.id for one in pending.transfers] == [good]
        assert pending.malformed == [bad]

    def test_for_want_of_utf_8_is_read_as_well_as_can_be(self, queue, add):
        """The ledger vouches for the money; remarks are for people."""
        odd, good = add(date=at(-1), remarks="kopi", raw=[(b"kopi", b"k\xff\xfei")]), add()

        pending = queue.pending(EVERYWHERE, 10)

        assert ids(pending) == [odd, good]
        assert pending.transfers[0].remarks == "k\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}i"

    def test_beside_one_with_a_uuid_that_is_none_keeps_its_id(self, queue, add):
        """So that it is refunded: only what has no uuid for an id is unknown to the ledger."""
        bad = add(target=Binary(b"short", 4))

        assert queue.pending(EVERYWHERE, 10).malformed == [bad]
        assert isinstance(bad, UUID)


class TestOverdue:
    def test_is_of_any_partition_and_older_than_asked(self, queue, add):
        old = [add(date=at(-20), partition=3), add(date=at(-15), partition=60)]
        add(date=at(-5), partition=3)

        assert ids(queue.pending([], 10, overdue=at(-10))) == old
        assert ids(queue.pending([], 1, overdue=at(-10))) == old[:1]


class TestStrays:
    @pytest.mark.parametrize(
        "partition", [-1, PARTITIONS, 2**40, "5", None, 1.5, 63.5, float("nan"), True, {"a": 1}], ids=repr
    )
    def test_are_in_no_partition_that_anybody_looks_into(self, queue, add, partition):
        """Liveness: whatever is pending is somebody's to execute."""
        stray = add(partition=partition)

        for partitions in (EVERYWHERE, [7], []):
            found = queue.pending(partitions, 10)
            assert [*(one.id for one in found.transfers), *found.malformed] == [stray]

    def test_may_have_no_partition_at_all(self, queue, add):
        stray = add(without=["partition"])

        assert queue.pending([7], 10).malformed == [stray]

    def test_are_not_the_others(self, queue, add):
        add(partition=0)
        add(partition=PARTITIONS - 1)

        assert not queue.pending([], 10)


class TestRetry:
    def test_holds_back_longer_each_time(self, queue, add, database):
        transfer = add()

        for attempt, delay_s in enumerate((0.2, 0.4, 0.8, 1.6), start=1):
            before = server_time(database)
            assert queue.retry_later(transfer, 0.2, "other") == attempt
            after = server_time(database)

            due = row_of(database, transfer)["retry_at"] - timedelta(seconds=delay_s)
            assert before <= due <= after

    def test_is_not_due_before_its_time(self, queue, add, database):
        transfer = add()
        queue.retry_later(transfer, 60, "other")
        assert not queue.pending(EVERYWHERE, 10)
        assert not queue.pending([], 10, overdue=at(60))

        past = datetime.now(UTC) - timedelta(seconds=1)
        database["transfers"].update_one({"_id": transfer}, {"$set": {"retry_at": past}})

        assert ids(queue.pending(EVERYWHERE, 10)) == [transfer]

    def test_leaves_the_neighbours_due(self, queue, add):
        held, free = add(), add()

        queue.retry_later(held, 60, "other")

        assert ids(queue.pending(EVERYWHERE, 10)) == [free]

    @pytest.mark.parametrize("status", ["SUCCESS", "FAILED"])
    def test_is_nothing_to_one_that_is_finished(self, queue, add, database, status):
        """P10: a late blame changes nothing."""
        transfer = add(status=status)
        before = row_of(database, transfer)

        assert queue.retry_later(transfer, 0.2, "other") == 0
        assert row_of(database, transfer) == before

    @pytest.mark.parametrize("attempts", [Int64(2**63 - 1), Int64(2**62), -5, "3", None, 1.5, True], ids=repr)
    def test_of_a_row_whose_count_is_nonsense_counts_from_something(self, queue, add, database, attempts):
        """A number that breaks the arithmetic would break it for everybody, for ever."""
        transfer = add(attempts=attempts)

        assert queue.retry_later(transfer, 0.2, "other") >= 1
        assert row_of(database, transfer)["retry_at"] < datetime.now(UTC) + timedelta(days=3_650)


class TestPark:
    def test_takes_a_transfer_out_of_all_looks(self, queue, add, database):
        transfer = add(date=at(-60))

        queue.park(transfer, "no_debit")

        assert not queue.pending(EVERYWHERE, 10)
        assert not queue.pending([], 10, overdue=NOW)
        assert queue.backlog().depth == 0
        row = row_of(database, transfer)
        assert (row["status"], row["parked"], row["failure"]) == ("PENDING", True, "no_debit")

    @pytest.mark.parametrize("key", ["text", 7, b"bytes", Binary(b"short", 4), {"a": 1}], ids=repr)
    def test_takes_a_row_out_whatever_its_id_is(self, queue, add, key):
        add(_id=key)
        (found,) = queue.pending(EVERYWHERE, 10).malformed

        queue.park(found, "malformed")

        assert not queue.pending(EVERYWHERE, 10)

    @pytest.mark.parametrize("status", ["SUCCESS", "FAILED"])
    def test_is_nothing_to_one_that_is_finished(self, queue, add, database, status):
        transfer = add(status=status)
        before = row_of(database, transfer)

        queue.park(transfer, "poison")

        assert row_of(database, transfer) == before

    def test_of_nobody_is_no_fault(self, queue):
        queue.park(uuid4(), "poison")


class TestBacklog:
    def test_is_empty_when_nothing_waits(self, queue, add):
        add(status="SUCCESS")

        assert (queue.backlog().depth, queue.backlog().oldest) == (0, None)

    def test_counts_what_waits_and_tells_since_when(self, queue, add):
        add(date=at(-10), parked=True)
        add(date=at(-5))
        add(date=at(-2))

        assert (queue.backlog().depth, queue.backlog().oldest) == (2, at(-5))


def server_time(database):
    return database.command("hello", codec_options=CODEC)["localTime"]


class TestFailedAttempts:
    """Written down with the attempt that they count, so that the two between whom it is can be told."""

    def test_each_has_its_date_and_reason(self, database, queue):
        transfer = queue_transfer(database, *open_wallets(database, 2, 1_000))

        queue.retry_later(transfer, 0.0, "already_exists")
        queue.retry_later(transfer, 0.0, "other")

        faults = row_of(database, transfer)["faults"]
        assert [fault["reason"] for fault in faults] == ["already_exists", "other"]
        assert faults[0]["at"] <= faults[1]["at"]

    def test_only_the_last_are_kept(self, database, queue):
        transfer = queue_transfer(database, *open_wallets(database, 2, 1_000))

        for number in range(20):
            queue.retry_later(transfer, 0.0, str(number))

        faults = row_of(database, transfer)["faults"]
        assert [fault["reason"] for fault in faults] == [str(number) for number in range(4, 20)]

    @pytest.mark.forged
    @pytest.mark.parametrize("odd", [None, "x", 5, {"at": 1}])
    def test_what_another_hand_wrote_in_their_place_is_no_obstacle(self, database, queue, odd):
        transfer = queue_transfer(database, *open_wallets(database, 2, 1_000))
        database["transfers"].update_one(
            {"_id": transfer}, {"$set": {"faults": odd}}, bypass_document_validation=True
        )

        assert queue.retry_later(transfer, 0.0, "other") == 1
        assert [fault["reason"] for fault in row_of(database, transfer)["faults"]] == ["other"]

    def test_parking_has_its_date_as_well(self, database, queue):
        transfer = queue_transfer(database, *open_wallets(database, 2, 1_000))

        queue.park(transfer, "poison")

        row = row_of(database, transfer)
        assert row["parked_at"] >= row["date"]
