"""The loop and the doorbell: work is found by whoever lives, and the stream is only a hint."""

import time
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from threading import Event, Thread

import pytest
from books import assert_balanced
from factories import (
    balance_of,
    open_wallets,
    queue_transfer,
    queue_transfers,
    row_of,
    settlement_engine,
)
from pymongo import MongoClient
from watching import Diary, Watch, make_loop, wait_until

from wallet import clock
from wallet.errors import Unavailable
from wallet.rules.partition import PARTITIONS, owned, partition_of
from wallet.store.arrivals import Arrival, arrivals
from wallet.store.client import connect, open_database
from wallet.store.faults import StoreFault
from wallet.store.membership import Membership
from wallet.store.settling import Overtaken
from wallet.store.transactions import Collision
from watcher.doorbell import Doorbell
from watcher.inbox import Inbox
from watcher.loop import CROWD, IDLE_S
from watcher.share import BEAT_S, DEAD_AFTER_S
from watcher.sweeper import LONGEST_REST_S, TAKEOVER

A_TURN_S = 3 * IDLE_S
"""Longer than the loop ever idles."""

A_SWEEP_S = LONGEST_REST_S + A_TURN_S
"""Longer than it ever is between two sweeps."""


@pytest.fixture
def diary():
    return Diary()


@pytest.fixture
def watch():
    return Watch()


@pytest.fixture
def join(database):
    """Return a function that lets another watcher beat once."""

    def beat(name):
        other = Membership(database, name, dead_after_s=DEAD_AFTER_S)
        other.beat()
        return other

    return beat


def let_time_pass(database, name, seconds):
    """Let a watcher's last beat have been ``seconds`` ago, by the server's clock."""
    ago = {"$subtract": ["$$NOW", int(seconds * 1_000)]}
    database["watchers"].update_one({"_id": name}, [{"$set": {"beat": ago}}])


def of_partitions(targets, partitions):
    return [one for one in targets if partition_of(one) in partitions]


@contextmanager
def running(loop):
    thread = Thread(target=loop.run)
    thread.start()
    try:
        yield thread
    finally:
        loop.stop()
        thread.join(20)
        assert not thread.is_alive()


class TestATurn:
    def test_settles_all_there_is_a_batch_at_a_time(self, database, diary):
        sender, *targets = open_wallets(database, 6, 1_000)
        transfers = queue_transfers(database, sender, targets * 5, 1)

        make_loop(database, diary, batch_size=4).turn()

        assert set(diary.settled) == set(transfers)
        assert_balanced(database)

    def test_takes_the_oldest_first(self, database, diary):
        sender, target = open_wallets(database, 2, 1_000)
        now = clock.now()
        late, early, middle = (
            queue_transfer(database, sender, target, 1, date=now + timedelta(seconds=second))
            for second in (2, 0, 1)
        )

        make_loop(database, diary, batch_size=1).turn()

        assert diary.settled == [early, middle, late]

    def test_of_an_empty_queue_does_nothing(self, database, diary):
        make_loop(database, diary).turn()

        assert diary.settled == []

    def test_shows_that_the_loop_is_alive(self, database, diary, watch):
        loop = make_loop(database, diary, monotonic=watch)
        watch.now = 45.0
        assert loop.stalled_s == 45.0

        loop.turn()

        assert loop.stalled_s == 0.0


class TestARing:
    """What rings is read by its id: the index of the queue is slow to look into after a busy time."""

    def test_is_answered_without_a_sweep(self, database, diary):
        sender, target = open_wallets(database, 2, 1_000)
        loop = make_loop(database, diary)
        loop.turn()
        rung, silent = queue_transfers(database, sender, [target] * 2, 1)

        loop.ring(Arrival(rung, partition_of(target)))
        loop.turn()

        assert diary.settled == [rung]
        loop.sweep_soon()
        loop.turn()
        assert diary.settled == [rung, silent]

    def test_for_a_partition_of_another_is_not_answered(self, database, diary, join):
        join("somebody")
        sender, *targets = open_wallets(database, 41, 1_000)
        loop = make_loop(database, diary, name="me")
        loop.turn()
        (theirs, *_) = of_partitions(targets, owned("somebody", ["somebody", "me"]))
        transfer = queue_transfer(database, sender, theirs)

        loop.ring(Arrival(transfer, partition_of(theirs)))
        loop.turn()

        assert diary.settled == []

    def test_of_a_transfer_that_is_settled_already_does_nothing(self, database, diary):
        sender, target = open_wallets(database, 2, 1_000)
        transfer = queue_transfer(database, sender, target)
        loop = make_loop(database, diary)
        loop.turn()

        for _ in range(3):
            loop.ring(Arrival(transfer, partition_of(target)))
            loop.turn()

        assert diary.settled == [transfer]

    def test_without_room_is_made_good_by_a_sweep(self, database, diary, monkeypatch):
        monkeypatch.setattr("watcher.transfers.Inbox", partial(Inbox, room=2))
        sender, target = open_wallets(database, 2, 1_000)
        loop = make_loop(database, diary)
        loop.turn()
        transfers = queue_transfers(database, sender, [target] * 5, 1)

        for transfer in transfers:
            loop.ring(Arrival(transfer, partition_of(target)))
        loop.turn()

        assert sorted(diary.settled) == sorted(transfers)

    def test_of_a_batch_that_others_got_in_the_way_of_is_answered_again(self, database, diary):
        sender, target = open_wallets(database, 2, 1_000)
        engine = settlement_engine(database)
        settle, falls = engine.settle, [Collision(), Overtaken()]

        def stumbling(transfers, date):
            if falls:
                raise falls.pop()
            return settle(transfers, date)

        engine.settle = stumbling
        transfers = queue_transfers(database, sender, [target] * 5, 1)

        make_loop(database, diary, engine=engine).turn()

        assert sorted(diary.settled) == sorted(transfers)
        assert falls == []


class TestABacklog:
    def test_is_worked_off_without_rings(self, database, diary, monkeypatch):
        """The stream would tell of each transfer in it once more: it is closed until the backlog is gone."""
        monkeypatch.setattr("watcher.transfers.Inbox", partial(Inbox, room=2))
        sender, target = open_wallets(database, 2, 1_000)
        loop = make_loop(database, diary)
        transfers = queue_transfers(database, sender, [target] * 5, 1)
        assert not loop.behind

        for transfer in transfers:
            loop.ring(Arrival(transfer, partition_of(target)))

        assert loop.behind
        loop.turn()
        assert not loop.behind
        assert sorted(diary.settled) == sorted(transfers)

    def test_is_read_ahead_of_its_execution(self, database, diary):
        """While one batch is in its transaction the next one is read: both processors have work."""
        sender, target = open_wallets(database, 2, 1_000)
        transfers = queue_transfers(database, sender, [target] * 6, 1)
        engine = settlement_engine(database)
        loop = make_loop(database, diary, engine=engine, batch_size=2)
        settle, waiting = engine.settle, []

        def look(vouched, date):
            waiting.append(loop._ahead is not None)
            return settle(vouched, date)

        engine.settle = look
        loop.turn()

        assert waiting == [True, True, False]
        assert sorted(diary.settled) == sorted(transfers)
        assert_balanced(database)

    def test_read_ahead_is_not_lost_when_a_batch_fails(self, database, diary):
        """P3, liveness: what was read and not executed is executed in the next turn."""
        sender, target = open_wallets(database, 2, 1_000)
        transfers = queue_transfers(database, sender, [target] * 6, 1)
        engine = settlement_engine(database)
        settle, faults = engine.settle, [Unavailable()]

        def away_once(vouched, date):
            if faults:
                raise faults.pop()
            return settle(vouched, date)

        engine.settle = away_once
        with running(make_loop(database, diary, engine=engine, batch_size=2)):
            wait_until(lambda: len(diary.settled) == len(transfers))

        assert sorted(diary.settled) == sorted(transfers)
        assert_balanced(database)


class TestACrowd:
    def test_is_given_a_moment_to_gather(self, database, diary, monkeypatch):
        """A commit costs nearly the same for one as for fifty; a lone transfer never waits."""
        monkeypatch.setattr("watcher.loop.GATHER_S", 0.5)
        sender, target = open_wallets(database, 2, 1_000)
        loop = make_loop(database, diary)
        loop.turn()

        def rung(count):
            for transfer in queue_transfers(database, sender, [target] * count, 1):
                loop.ring(Arrival(transfer, partition_of(target)))
            started = time.monotonic()
            loop.turn()
            return time.monotonic() - started

        assert rung(CROWD) >= 0.5
        assert rung(CROWD - 1) < 0.5


class TestASweep:
    def test_asked_for_amid_a_sweep_is_another_one(self, database, diary, watch, monkeypatch):
        """Liveness: the stream opens while the loop looks: what came behind its back does not wait."""
        sender, target = open_wallets(database, 2, 1_000)
        loop = make_loop(database, diary, monotonic=watch)
        loop.turn()
        queue = loop._work._sweeper._queue
        pending, arrived = queue.pending, []

        def behind_its_back(partitions, limit, **dates):
            found = pending(partitions, limit, **dates)
            if not arrived:
                arrived.append(queue_transfer(database, sender, target))
                loop.sweep_soon()
            return found

        monkeypatch.setattr(queue, "pending", behind_its_back)
        loop.sweep_soon()
        loop.turn()
        loop.turn()

        assert diary.settled == arrived


class TestSharing:
    """A preference that spares collisions: everybody has its own partitions, and nothing is nobody's."""

    def test_leaves_the_partitions_of_another_watcher_alone(self, database, diary, join, watch):
        sender, *targets = open_wallets(database, 41, 1_000)
        queue_transfers(database, sender, targets, 1)
        join("other")
        mine = of_partitions(targets, owned("me", ["me", "other"]))

        make_loop(database, diary, name="me", monotonic=watch).turn()

        assert 0 < len(mine) < len(targets)
        assert {one for one in targets if balance_of(database, one) == 1_001} == set(mine)
        assert diary.rolls == [(["me", "other"], owned("me", ["me", "other"]))]

    def test_takes_the_partitions_of_a_dead_one(self, database, diary, join, watch):
        """Liveness: the dead one is missed after two and a half seconds, and its work is done with ours."""
        sender, *targets = open_wallets(database, 41, 1_000)
        transfers = queue_transfers(database, sender, targets, 1)
        join("dead")
        loop = make_loop(database, diary, name="me", monotonic=watch)
        loop.turn()
        assert len(diary.settled) < len(transfers)
        loop._work._sweeper._next = float("inf")  # it rests, after a long one

        let_time_pass(database, "dead", DEAD_AFTER_S + 0.1)
        watch.now += BEAT_S
        loop.turn()

        assert set(diary.settled) == set(transfers)
        assert diary.rolls[-1] == (["me"], list(range(PARTITIONS)))
        assert_balanced(database)

    def test_takes_the_partitions_of_one_that_leaves_at_once(self, database, diary, join, watch):
        sender, *targets = open_wallets(database, 41, 1_000)
        transfers = queue_transfers(database, sender, targets, 1)
        other = join("other")
        loop = make_loop(database, diary, name="me", monotonic=watch)
        loop.turn()

        other.leave()
        watch.now += BEAT_S
        loop.turn()

        assert set(diary.settled) == set(transfers)

    def test_executes_what_another_left_too_long(self, database, diary, join, watch):
        """P9: ownership is a preference: one that beats and does nothing holds up nobody."""
        sender, *targets = open_wallets(database, 41, 1_000)
        long_ago = clock.now() - TAKEOVER - timedelta(seconds=1)
        old = queue_transfers(database, sender, targets[:20], 1, date=long_ago)
        join("idle")
        theirs = of_partitions(targets[20:], owned("idle", ["me", "idle"]))
        new = queue_transfers(database, sender, theirs, 1)

        make_loop(database, diary, name="me", monotonic=watch).turn()

        assert set(diary.settled) == set(old)
        assert all(row_of(database, one)["status"] == "PENDING" for one in new)

    def test_looks_for_it_only_when_it_beats(self, database, diary, join, watch):
        sender, *targets = open_wallets(database, 41, 1_000)
        loop = make_loop(database, diary, name="me", monotonic=watch)
        join("idle")
        loop.turn()
        long_ago = clock.now() - TAKEOVER - timedelta(seconds=1)
        theirs = of_partitions(targets, owned("idle", ["me", "idle"]))
        queue_transfers(database, sender, theirs, 1, date=long_ago)

        loop.turn()
        assert diary.settled == []
        watch.now += BEAT_S
        loop.turn()

        assert len(diary.settled) == len(theirs)

    def test_of_two_that_turn_by_turns_all_is_done_once(self, database):
        diaries = Diary(), Diary()
        one, two = (make_loop(database, diary, name=name) for diary, name in zip(diaries, "ab", strict=True))
        one.turn()
        two.turn()
        one._work._share._next_beat = 0.0
        sender, *targets = open_wallets(database, 41, 1_000)
        transfers = queue_transfers(database, sender, targets, 1)

        for loop in (one, two):
            loop.sweep_soon()
            loop.turn()

        assert sorted(diaries[0].settled + diaries[1].settled) == sorted(transfers)
        assert diaries[0].settled
        assert diaries[1].settled
        assert_balanced(database)


class TestRunning:
    def test_finds_by_sweeping_what_no_bell_rang_for(self, database, diary):
        """Liveness: with the change stream dead, a transfer waits for the next look, no longer."""
        sender, target = open_wallets(database, 2, 1_000)
        with running(make_loop(database, diary)):
            wait_until(lambda: diary.rolls)
            for number in range(1, 4):
                queue_transfer(database, sender, target, 1)
                wait_until(lambda number=number: len(diary.settled) == number, within_s=A_SWEEP_S)
        assert_balanced(database)

    def test_outlives_a_store_that_is_away_and_refunds_nobody(self, database, diary, monkeypatch):
        monkeypatch.setattr("watcher.sweeper.SWEEP_S", 60.0)  # it looks at once when the store is back
        sender, target = open_wallets(database, 2, 1_000)
        transfers = queue_transfers(database, sender, [target] * 3, 1)
        engine = settlement_engine(database)
        settle, faults = engine.settle, [StoreFault(), Unavailable(), Unavailable()]

        def away(transfers, date):
            if faults:
                raise faults.pop()
            return settle(transfers, date)

        engine.settle = away
        with running(make_loop(database, diary, engine=engine)):
            wait_until(lambda: len(diary.settled) == 3)

        assert [type(fault) for fault in diary.pauses] == [Unavailable, Unavailable, StoreFault]
        assert (diary.refunds, diary.retries, diary.parks) == ({}, [], {})
        assert all(row_of(database, one)["attempts"] == 0 for one in transfers)
        assert_balanced(database)

    def test_finishes_the_batch_it_began_when_told_to_stop_and_leaves(self, database, diary, join):
        """Graceful: what was begun is committed, the rest is left to the others, who need not wait."""
        sender, target = open_wallets(database, 2, 1_000)
        transfers = queue_transfers(database, sender, [target] * 30, 1)
        engine = settlement_engine(database)
        loop = make_loop(database, diary, name="me", engine=engine, batch_size=10)
        settle = engine.settle

        def told_meanwhile(transfers, date):
            loop.stop()
            return settle(transfers, date)

        engine.settle = told_meanwhile
        loop.run()

        assert len(diary.settled) == 10
        assert sum(row_of(database, one)["status"] == "PENDING" for one in transfers) == 20
        assert join("other").beat().alive == ["other"]
        assert_balanced(database)

    def test_that_was_told_before_it_began_does_nothing(self, database, diary):
        sender, target = open_wallets(database, 2, 1_000)
        queue_transfer(database, sender, target)
        loop = make_loop(database, diary)
        loop.stop()

        loop.run()

        assert diary.settled == []

    def test_stops_even_when_it_cannot_say_so(self, database, diary, monkeypatch):
        loop = make_loop(database, diary)
        monkeypatch.setattr(Membership, "leave", _unavailable)
        loop.stop()

        loop.run()

        assert [type(fault) for fault in diary.pauses] == [Unavailable]


def _unavailable(_self):
    raise Unavailable


class Ear:
    """Hears the doorbell: an arrival, or that it is time to look."""

    def __init__(self, rung):
        self.rung = rung
        self.behind = False

    def ring(self, _arrival):
        self.rung.set()

    def sweep_soon(self):
        self.rung.set()


@pytest.fixture
def bell(mongod, database, diary):
    """A doorbell on a client of its own, which failpoints can single out; and the event that it sets."""
    rung = Event()
    with connect(mongod.uri, application="tests-bell") as client:
        doorbell = Doorbell(partial(arrivals, open_database(client, database.name)), Ear(rung), diary)
        doorbell.start()
        wait_until(lambda: diary.streams == ["opened"])
        wait_until(rung.is_set)
        rung.clear()
        yield rung
        doorbell.stop()
        assert not doorbell.is_alive()


@pytest.fixture
def failing(client):
    """Return a context in which commands of the doorbell's client fail."""

    @contextmanager
    def commands(*names, times=None, **fault):
        mode = {"times": times} if times else "alwaysOn"
        data = {"failCommands": list(names), "appName": "tests-bell"} | fault
        client.admin.command({"configureFailPoint": "failCommand", "mode": mode, "data": data})
        try:
            yield
        finally:
            client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})

    return commands


class TestTheDoorbell:
    def test_rings_when_a_transfer_arrives(self, database, bell):
        sender, target = open_wallets(database, 2, 1_000)

        queue_transfer(database, sender, target)

        assert wait_until(bell.is_set) < A_TURN_S

    def test_does_not_ring_for_what_else_happens(self, database, bell):
        sender, target = open_wallets(database, 2, 1_000)
        queue_transfer(database, sender, target)
        wait_until(bell.is_set)
        bell.clear()

        database["transfers"].update_many({}, {"$set": {"attempts": 1}}, bypass_document_validation=True)
        database["watchers"].insert_one({"_id": "somebody"})

        assert not bell.wait(0.3)

    @pytest.mark.parametrize(
        "fault",
        [
            {"errorCode": 286, "errorLabels": ["NonResumableChangeStreamError"]},
            {"errorCode": 136, "errorLabels": []},
            {"errorCode": 280, "errorLabels": ["NonResumableChangeStreamError"]},
            {"errorCode": 8_000, "errorLabels": []},
        ],
        ids=["ChangeStreamHistoryLost", "CappedPositionLost", "ChangeStreamFatalError", "unknown"],
    )
    def test_opens_a_new_stream_when_one_is_lost_and_rings_for_what_it_may_have_missed(
        self, database, bell, diary, failing, fault
    ):
        """Liveness: a lost history costs one look at the queue."""
        sender, target = open_wallets(database, 2, 1_000)

        with failing("getMore", times=1, **fault):
            wait_until(lambda: len(diary.streams) == 3)
            wait_until(bell.is_set)
        bell.clear()
        queue_transfer(database, sender, target)

        wait_until(bell.is_set)
        assert diary.streams[0] == diary.streams[2] == "opened"
        assert issubclass(diary.streams[1], (Unavailable, StoreFault))

    def test_keeps_trying_while_no_stream_can_be_opened(self, database, bell, diary, failing):
        with failing("aggregate", "getMore", errorCode=10_107):
            wait_until(lambda: diary.streams.count(Unavailable) >= 3)
        wait_until(lambda: diary.streams[-1] == "opened")
        wait_until(bell.is_set)

        bell.clear()
        sender, target = open_wallets(database, 2, 1_000)
        queue_transfer(database, sender, target)
        wait_until(bell.is_set)

    def test_is_deaf_while_there_is_a_backlog_and_rings_for_what_came_meanwhile(
        self, database, mongod, diary
    ):
        rung = Event()
        ear = Ear(rung)
        with connect(mongod.uri, application="tests-bell") as client:
            doorbell = Doorbell(partial(arrivals, open_database(client, database.name)), ear, diary)
            doorbell.start()
            wait_until(rung.is_set)  # it listens
            rung.clear()
            ear.behind = True
            sender, target = open_wallets(database, 2, 1_000)
            queue_transfer(database, sender, target, 1)
            wait_until(lambda: diary.streams == ["opened", "left"])
            rung.clear()  # it may still have been listening

            queue_transfer(database, sender, target, 1)
            assert not rung.wait(0.3)

            ear.behind = False

            wait_until(rung.is_set)
            wait_until(lambda: diary.streams == ["opened", "left", "opened"])
            doorbell.stop()

    def test_rings_on_after_its_connection_was_cut(self, database, bell, failing):
        with failing("getMore", times=1, closeConnection=True):
            sender, target = open_wallets(database, 2, 1_000)
            wait_until(lambda: queue_transfer(database, sender, target) and bell.wait(1))

    def test_wakes_a_loop_long_before_it_would_look_by_itself(self, database, diary, mongod, monkeypatch):
        """p50 <= 15 ms is not a matter of luck: the loop does not wait for its next look."""
        monkeypatch.setattr("watcher.loop.IDLE_S", 30.0)
        sender, target = open_wallets(database, 2, 1_000)
        loop = make_loop(database, diary)
        with connect(mongod.uri, application="tests-bell") as client:
            doorbell = Doorbell(partial(arrivals, open_database(client, database.name)), loop, diary)
            doorbell.start()
            with running(loop):
                wait_until(lambda: diary.streams and diary.rolls)
                for number in range(1, 4):
                    queue_transfer(database, sender, target, 1)
                    wait_until(lambda number=number: len(diary.settled) == number, within_s=3.0)
            doorbell.stop()
        assert_balanced(database)


class TestAStream:
    """On a database of its own, whose collection can be dropped and renamed."""

    @pytest.fixture
    def scratch(self, client):
        database = open_database(client, "dompet_scratch")
        database["transfers"].insert_one({"_id": 0})
        yield database
        client.drop_database("dompet_scratch")

    def test_tells_of_what_comes_after_it_was_opened(self, scratch):
        with arrivals(scratch) as stream:
            scratch["transfers"].insert_one({"_id": 1})

            assert stream.next()
            assert not stream.next()

    @pytest.mark.parametrize("end", ["drop", "rename"])
    def test_that_ends_without_an_error_is_a_fault_too(self, scratch, end):
        """An invalidate is no exception for the driver: taken for silence, it would deafen the doorbell."""
        with arrivals(scratch) as stream:
            if end == "drop":
                scratch["transfers"].drop()
            else:
                scratch["transfers"].rename("moved", dropTarget=True)

            with pytest.raises(Unavailable):
                wait_until(stream.next)

    def test_of_a_server_that_has_resigned_is_a_fault_too(self, scratch, monkeypatch):
        """Cut off from the others, but not from us, it lets its streams go on, and hears nothing."""
        with arrivals(scratch) as stream:
            monkeypatch.setattr(MongoClient, "primary", None)
            assert stream.next() is None

            monkeypatch.setattr(MongoClient, "primary", ("elsewhere", 27017))
            with pytest.raises(Unavailable):
                stream.next()
