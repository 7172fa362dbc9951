"""The sweeper: nothing that waits is overlooked, and little is looked at twice."""

from datetime import timedelta

import pytest
from factories import open_wallets, queue_transfer, queue_transfers
from watching import Diary, Watch, make_loop

from wallet import clock
from wallet.rules.partition import PARTITIONS, partition_of
from wallet.store.queue import Queue
from watcher import sweeper as sweeping
from watcher.sweeper import LONGEST_WHOLE_REST_S, MARGIN, SWEEP_S, Sweeper

EVERYWHERE = list(range(PARTITIONS))


@pytest.fixture
def watch():
    return Watch()


@pytest.fixture
def sweeper(database, watch):
    return Sweeper(Queue(database), watch)


@pytest.fixture
def people(database):
    sender, *targets = open_wallets(database, 3, 1_000)
    return sender, targets[0]


def swept(sweeper, partitions=EVERYWHERE):
    return [one.id for one in sweeper.sweep(partitions, clock.now()).transfers]


def long_ago():
    return clock.now() - 10 * MARGIN


def test_finds_all_at_first_however_old(database, sweeper, people):
    old = queue_transfer(database, *people, 1, date=long_ago())

    assert sweeper.due
    assert swept(sweeper) == [old]
    assert not sweeper.due


def test_looks_again_after_a_rest(sweeper, watch):
    swept(sweeper)

    watch.now += SWEEP_S

    assert sweeper.due


def test_looks_back_no_further_than_it_must(database, sweeper, people):
    """The server walks over all that was settled in between: it is spared that."""
    swept(sweeper)
    queue_transfer(database, *people, 1, date=long_ago())
    new = queue_transfer(database, *people, 1)

    assert swept(sweeper) == [new]


def test_reaches_back_to_the_last_sweep_that_ended(database, sweeper, people):
    """Liveness: after minutes without a sweep, what came meanwhile is found by the first one."""
    sweeper.sweep(EVERYWHERE, long_ago())
    old = queue_transfer(database, *people, 1, date=long_ago())

    assert swept(sweeper) == [old]


def test_finds_what_a_clock_that_is_behind_has_dated_once_in_a_while(database, sweeper, people, watch):
    """P9: a pod whose clock is an hour behind gets its transfers executed all the same."""
    swept(sweeper)
    old = queue_transfer(database, *people, 1, date=clock.now() - timedelta(hours=1))
    assert swept(sweeper) == []

    watch.now += LONGEST_WHOLE_REST_S

    assert swept(sweeper) == [old]


def test_looks_everywhere_when_it_is_asked_to(database, sweeper, people):
    swept(sweeper)
    old = queue_transfer(database, *people, 1, date=long_ago())

    sweeper.ask_whole()

    assert sweeper.due
    assert swept(sweeper) == [old]


@pytest.fixture
def two_rows(monkeypatch):
    monkeypatch.setattr(sweeping, "SWEEP_ROWS", 2)


@pytest.mark.usefixtures("two_rows")
class TestABacklog:
    def test_is_read_on_from_where_the_last_look_stopped(self, database, sweeper, people):
        sender, target = people
        start = long_ago()
        transfers = [
            queue_transfer(database, sender, target, 1, date=start + timedelta(seconds=n)) for n in range(5)
        ]

        assert swept(sweeper) == transfers[:2]
        assert sweeper.unfinished
        assert sweeper.due
        assert swept(sweeper) == transfers[1:3]  # nobody executed them: the last one is seen again
        database["transfers"].update_many({"_id": {"$in": transfers[:4]}}, {"$set": {"status": "SUCCESS"}})
        assert swept(sweeper) == transfers[4:]
        assert not sweeper.unfinished
        database["transfers"].update_many({}, {"$set": {"status": "PENDING"}})

    def test_is_executed_to_its_end(self, database, people):
        sender, target = people
        transfers = queue_transfers(database, sender, [target] * 9, 1)
        diary = Diary()

        make_loop(database, diary, batch_size=3).turn()

        assert sorted(diary.settled) == sorted(transfers)

    def test_of_another_does_not_hide_ones_own(self, database, people, sweeper):
        """What is read on from is the oldest date at which any look stopped."""
        sender, _ = people
        mine, theirs = _two_partitions(database)
        start = long_ago()
        abandoned = [
            queue_transfer(database, sender, theirs, 1, date=start + timedelta(seconds=n)) for n in range(4)
        ]
        own = [
            queue_transfer(database, sender, mine, 1, date=start + timedelta(seconds=10 + n))
            for n in range(4)
        ]

        found = set()
        for _ in range(8):
            found.update(swept(sweeper, [partition_of(mine)]))
            database["transfers"].update_many({"_id": {"$in": list(found)}}, {"$set": {"status": "SUCCESS"}})

        assert found == {*abandoned, *own}
        assert not sweeper.unfinished
        database["transfers"].update_many({}, {"$set": {"status": "PENDING"}})


def _two_partitions(database):
    first, *others = open_wallets(database, 20, 0)
    return first, next(one for one in others if partition_of(one) != partition_of(first))
