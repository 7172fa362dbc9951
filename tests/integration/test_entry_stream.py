"""The stream that wakes those who wait, on the real replica set; what it misses is looked for."""

import threading
import time
from contextlib import contextmanager
from functools import partial

import pytest
from factories import (
    open_wallet,
    open_wallets,
    post,
    queue_transfer,
    queue_transfers,
    row_of,
    set_status,
    settle_rows,
    settlement_engine,
    top_up,
)
from pymongo import MongoClient
from watching import wait_until

from wallet import clock
from wallet.errors import Unavailable
from wallet.models import TransferStatus, WalletStatus
from wallet.store import documents
from wallet.store.entry_stream import entry_stream
from wallet.store.faults import StoreFault
from wallet.store.outcomes import Outcomes
from wallet.use_cases.listener import Listener
from wallet.use_cases.waiters import Awaited, Waiters, WaitObserver

LONG_S = 20.0


class Heard(WaitObserver):
    def __init__(self):
        self.streams = []

    def stream_opened(self):
        self.streams.append("opened")

    def stream_left(self):
        self.streams.append("left")

    def stream_lost(self, fault):
        self.streams.append(type(fault))


def settle(database, *transfers):
    engine = settlement_engine(database)
    rows = [documents.transfer(row_of(database, one)) for one in transfers]
    engine.give_up(settle_rows(engine, rows).declined, clock.now())


def read(stream, wanted):
    """Everything that the stream says until it has said ``wanted`` things."""
    found = []
    deadline = time.monotonic() + LONG_S
    while len(found) < wanted:
        assert time.monotonic() < deadline
        found += stream.next()
    return found


class TestStream:
    def test_tells_the_wallet_of_each_entry_and_what_was_credited(self, database):
        sender, target = open_wallets(database, 2, 1_000)
        with entry_stream(database) as stream:
            transfer = queue_transfer(database, sender, target)
            settle(database, transfer)
            written = read(stream, 2)

        assert [one.wallet for one in written] == [sender.bytes, target.bytes]
        assert [one.credited for one in written] == [None, transfer.bytes]

    def test_that_has_nothing_to_say_says_so_within_a_second(self, database):
        with entry_stream(database) as stream:
            started = time.monotonic()
            assert stream.next() == []
            assert time.monotonic() - started < 3

    def test_that_is_killed_on_the_server_is_dead(self, database, client):
        with entry_stream(database) as stream:
            stream.next()
            (idle,) = client.admin.aggregate(
                [
                    {"$currentOp": {"idleCursors": True, "allUsers": True}},
                    {"$match": {"type": "idleCursor", "cursor.originatingCommand.aggregate": "entries"}},
                ]
            )
            database.command("killCursors", "entries", cursors=[idle["cursor"]["cursorId"]])

            with pytest.raises((Unavailable, StoreFault)):
                [stream.next() for _ in range(3)]

    def test_of_a_server_that_has_resigned_is_dead_too(self, database, monkeypatch):
        """Cut off from the others, but not from us, it lets its streams go on, and hears nothing."""
        with entry_stream(database) as stream:
            monkeypatch.setattr(MongoClient, "primary", None)
            assert stream.next() == []

            monkeypatch.setattr(MongoClient, "primary", ("elsewhere", 27017))
            with pytest.raises(Unavailable):
                stream.next()


class TestLooks:
    def test_find_what_has_ended_and_only_that(self, database):
        sender, target, frozen = open_wallets(database, 3, 1_000)
        credited, refunded, pending = queue_transfers(database, sender, [target, frozen, target], 10)
        set_status(database, frozen, WalletStatus.FROZEN)
        settle(database, credited, refunded)
        outcomes = Outcomes(database)

        for look in (outcomes.settled, outcomes.settled_by_now):
            assert {one.id: one.status for one in look([credited, refunded, pending])} == {
                credited: TransferStatus.SUCCESS,
                refunded: TransferStatus.FAILED,
            }

    def test_tell_how_far_wallets_have_come(self, database):
        wallet = open_wallet(database)
        post(database, top_up(wallet, 1), top_up(wallet, 1))

        assert Outcomes(database).seqs_by_now([wallet]) == {wallet: 2}


@pytest.fixture
def heard():
    return Heard()


@pytest.fixture
def waiters():
    return Waiters(100)


@pytest.fixture
def listening(database, waiters, heard):
    """A function that starts a listener with a way to listen; it is closed at the end."""
    started = []

    def start(listen=None):
        listener = Listener(
            listen or partial(entry_stream, database), Outcomes(database), waiters, observer=heard
        )
        listener.start()
        started.append(listener)
        return listener

    yield start
    for one in started:
        one.close()


class TestListener:
    def test_a_settlement_wakes_whoever_waits_for_it_and_nobody_else(self, database, waiters, listening):
        sender, target = open_wallets(database, 2, 1_000)
        one, other = queue_transfers(database, sender, [target, target], 10)
        waiting, alone = waiters.join(Awaited.TRANSFER, one), waiters.join(Awaited.TRANSFER, other)
        listening()

        settle(database, one)

        assert waiting.wait(LONG_S)
        assert (waiting.transfer.id, waiting.transfer.status) == (one, TransferStatus.SUCCESS)
        assert not alone.wait(0)

    def test_an_entry_wakes_the_followers_of_its_wallet(self, database, waiters, listening, heard):
        followed, other = open_wallets(database, 2)
        follower, stranger = (waiters.join(Awaited.EVENTS, one) for one in (followed, other))
        listening()
        wait_until(lambda: "opened" in heard.streams)

        post(database, top_up(followed, 1))

        assert follower.wait(LONG_S)
        assert not stranger.wait(0)

    def test_what_ended_before_the_stream_was_open_is_not_missed(self, database, waiters, listening, heard):
        sender, target = open_wallets(database, 2, 1_000)
        transfer = queue_transfer(database, sender, target)
        waiting = waiters.join(Awaited.TRANSFER, transfer)

        @contextmanager
        def late():
            settle(database, transfer)
            with entry_stream(database) as stream:
                yield stream

        listening(late)

        assert waiting.wait(LONG_S)
        assert heard.streams == ["opened"]

    def test_without_a_stream_looks_find_it(self, database, waiters, listening, heard):
        """The stream cannot be opened at all: a second later each is told."""
        sender, target = open_wallets(database, 2, 1_000)
        transfer = queue_transfer(database, sender, target)
        waiting = waiters.join(Awaited.TRANSFER, transfer)
        follower = waiters.join(Awaited.EVENTS, target)

        @contextmanager
        def never():
            raise Unavailable
            yield

        listening(never)
        wait_until(lambda: heard.streams)
        settle(database, transfer)

        assert waiting.wait(LONG_S)
        assert follower.wait(LONG_S)
        assert set(heard.streams) == {Unavailable}

    def test_a_stream_that_dies_is_replaced(self, database, waiters, listening, heard):
        sender, target = open_wallets(database, 2, 1_000)
        one, other = queue_transfers(database, sender, [target, target], 10)
        dying = threading.Event()

        @contextmanager
        def mortal():
            with entry_stream(database) as stream:
                alive = stream.next

                def mostly():
                    if dying.is_set():
                        dying.clear()
                        raise Unavailable
                    return alive()

                stream.next = mostly
                yield stream

        first, second = (waiters.join(Awaited.TRANSFER, each) for each in (one, other))
        listening(mortal)
        settle(database, one)
        assert first.wait(LONG_S)
        dying.set()
        wait_until(lambda: heard.streams == ["opened", Unavailable, "opened"])
        settle(database, other)

        assert second.wait(LONG_S)

    def test_a_server_that_hangs_is_noticed_and_looked_at_instead(
        self, database, client, waiters, listening, heard
    ):
        """The stream's own command does not return: the connection is fine, and says nothing."""
        sender, target = open_wallets(database, 2, 1_000)
        transfer = queue_transfer(database, sender, target)
        waiting = waiters.join(Awaited.TRANSFER, transfer)
        listening()
        wait_until(lambda: heard.streams == ["opened"])
        hanging = {
            "failCommands": ["getMore"],
            "blockConnection": True,
            "blockTimeMS": 5_000,
            "appName": "tests",
        }
        fail = client.admin.command("configureFailPoint", "failCommand", mode="alwaysOn", data=hanging)
        try:
            client.admin.command(
                "waitForFailPoint", "failCommand", timesEntered=fail["count"] + 1, maxTimeMS=10_000
            )
            settle(database, transfer)
            assert waiting.wait(10)
            assert Unavailable in heard.streams
        finally:
            client.admin.command("configureFailPoint", "failCommand", mode="off")

    def test_nobody_listens_when_nobody_waits(self, database, waiters, listening, heard):
        transfer = queue_transfer(database, *open_wallets(database, 2, 1_000))
        listening()
        assert heard.streams == []

        waiter = waiters.join(Awaited.TRANSFER, transfer)
        wait_until(lambda: heard.streams == ["opened"])
        waiters.leave(waiter)

        wait_until(lambda: heard.streams == ["opened", "left"])
