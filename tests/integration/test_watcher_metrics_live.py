"""What a watcher exports of a real stream, a real queue and a real oplog."""

from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from threading import Thread

import pytest
from factories import open_wallets, queue_transfer, queue_transfers
from prometheus_client import CollectorRegistry
from watching import Diary, make_loop, wait_until

from wallet import clock
from wallet.store.arrivals import arrivals
from wallet.store.client import connect, open_database
from wallet.store.oplog import oplog_window_s
from wallet.store.queue import Queue
from watcher.doorbell import Doorbell
from watcher.metrics.observers import observers
from watcher.metrics.readings import Readings
from watcher.metrics.sweeps import PATIENCE_S
from watcher.observer import Observers

APPLICATION = "tests-watcher"
OF_THE_QUEUE = (
    "wallet_transfer_queue_depth",
    "wallet_transfer_oldest_pending_age_seconds",
    "wallet_transfers_parked",
    "wallet_transfers_pending_rupiah",
)
OPLOG = "wallet_mongodb_oplog_window_seconds"


@pytest.fixture
def registry():
    return CollectorRegistry()


@pytest.fixture
def value(registry):
    return lambda name, **labels: registry.get_sample_value(name, labels)


@pytest.fixture
def own(mongod):
    """A client that failpoints can single out."""
    with connect(mongod.uri, application=APPLICATION) as own:
        yield own


@pytest.fixture
def failing(client):
    """Return a context in which commands of that client fail."""

    @contextmanager
    def commands(*names, **fault):
        data = {"failCommands": list(names), "appName": APPLICATION} | fault
        client.admin.command("configureFailPoint", "failCommand", mode="alwaysOn", data=data)
        try:
            yield
        finally:
            client.admin.command("configureFailPoint", "failCommand", mode="off")

    return commands


@pytest.fixture
def watcher(database, own, registry):
    """A loop and its doorbell, running; what it settled is in the diary."""
    diary = Diary()
    observer = Observers(diary, *observers(registry, clock.now))
    loop = make_loop(database, observer)
    doorbell = Doorbell(partial(arrivals, open_database(own, database.name)), loop, observer)
    thread = Thread(target=loop.run)
    for part in (thread, doorbell):
        part.start()
    yield diary
    loop.stop()
    doorbell.stop()
    thread.join(20)
    assert not thread.is_alive()


class TestTheLag:
    @pytest.fixture(autouse=True)
    def known(self, watcher, value):  # noqa: ARG002 - it runs
        wait_until(lambda: value("wallet_watcher_stream_lag_known") == 1)

    @pytest.fixture
    def lag(self, value):
        return lambda: value("wallet_watcher_stream_lag_seconds")

    def test_is_small_on_an_idle_stream(self, lag):
        worst = 0.0

        def watched():
            nonlocal worst
            worst = max(worst, lag())

        with pytest.raises(AssertionError):
            wait_until(watched, within_s=2.5)
        assert worst < 1.5, "a look that finds nothing is an answer, twice a second"

    def test_grows_on_a_stream_that_hangs_though_it_is_open(self, lag, value, failing):
        with failing("getMore", blockConnection=True, blockTimeMS=4_000):
            wait_until(lambda: lag() > 2.5)
            assert value("wallet_watcher_stream_up") == 1
        wait_until(lambda: lag() < 1)


class TestASweep:
    @pytest.fixture
    def finds(self, value):
        return lambda: value("wallet_watcher_sweep_finds_total")

    def test_finds_nothing_while_the_doorbell_rings(self, database, watcher, value, finds):
        wait_until(lambda: value("wallet_watcher_stream_up") == 1)
        sender, target = open_wallets(database, 2, 1_000)
        for number in range(1, 21):
            queue_transfer(database, sender, target, 1)
            wait_until(lambda number=number: len(watcher.settled) == number)
        before = value("wallet_watcher_sweeps_total")
        wait_until(lambda: value("wallet_watcher_sweeps_total") >= before + PATIENCE_S + 1)

        assert finds() == 0

    def test_finds_what_a_silent_doorbell_missed(self, database, watcher, value, finds, failing):
        wait_until(lambda: value("wallet_watcher_stream_lag_known") == 1)
        sender, target = open_wallets(database, 2, 1_000)
        with failing("getMore", blockConnection=True, blockTimeMS=6_000):
            wait_until(lambda: value("wallet_watcher_stream_lag_seconds") > 1)
            queue_transfers(database, sender, [target] * 3, 1)
            wait_until(lambda: finds() == 3)

        assert len(watcher.settled) == 3


class TestReadings:
    @pytest.fixture
    def readings(self, database, own, registry):
        queue = Queue(open_database(own, database.name))
        readings = Readings(queue.backlog, partial(oplog_window_s, own), registry, clock.now, every_s=0.05)
        yield readings
        if readings.is_alive():
            readings.stop()

    def test_are_absent_until_there_are_any(self, readings, value):
        assert [value(name) for name in (*OF_THE_QUEUE, OPLOG)] == [None] * 5

        readings.start()
        wait_until(lambda: value(OPLOG) is not None)

        assert [value(name) for name in OF_THE_QUEUE] == [0] * 4
        assert value(OPLOG) >= 0

    def test_tell_the_state_of_the_queue(self, readings, value, database):
        sender, target = open_wallets(database, 2, 1_000)
        long_ago = clock.now() - timedelta(minutes=5)
        parked, *_ = queue_transfers(database, sender, [target], 7, date=long_ago - timedelta(minutes=5))
        queue_transfer(database, sender, target, 20, date=long_ago)
        queue_transfer(database, sender, target, 300)
        Queue(database).park(parked, "no_debit")

        readings.start()
        wait_until(lambda: value("wallet_transfers_pending_rupiah") == 327)

        assert value("wallet_transfer_queue_depth") == 2
        assert value("wallet_transfers_parked") == 1
        assert 300 <= value("wallet_transfer_oldest_pending_age_seconds") < 330

    def test_know_no_window_where_the_oplog_may_not_be_read(self, readings, value, failing):
        with failing("find", errorCode=13):
            readings.start()
            wait_until(lambda: value("wallet_transfer_queue_depth") == 0)
            assert value(OPLOG) is None
        wait_until(lambda: value(OPLOG) is not None)
