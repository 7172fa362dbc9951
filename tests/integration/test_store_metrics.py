"""What a process knows of MongoDB, from a real one: connections, round trips, elections, conflicts."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from factories import open_wallet, top_up
from prometheus_client import CollectorRegistry
from pymongo import MongoClient
from watching import wait_until

from telemetry.store import StoreMetrics
from wallet import clock
from wallet.embedded import EmbeddedServer
from wallet.errors import Unavailable
from wallet.rules.money import LARGEST_CAP
from wallet.store import posting
from wallet.store.client import connect, open_database
from wallet.store.faults import renamed
from wallet.store.monitoring import Monitoring
from wallet.store.posting import PostingEngine
from wallet.store.transactions import Collision, Transactions

APPLICATION = "tests-metrics"
CONFLICT = {"errorCode": 112, "errorLabels": ["TransientTransactionError"]}


@pytest.fixture
def registry():
    return CollectorRegistry()


@pytest.fixture
def metrics(registry):
    return StoreMetrics(registry)


@pytest.fixture
def value(registry):
    return lambda name, **labels: registry.get_sample_value(name, labels)


@pytest.fixture
def watched(mongod, metrics):
    """A client with one connection and no patience; its driver looks around twice a second."""
    monitoring = Monitoring(metrics)
    options = {"maxPoolSize": 1, "waitQueueTimeoutMS": 100, "heartbeatFrequencyMS": 500}
    with MongoClient(
        mongod.uri, appname=APPLICATION, event_listeners=monitoring.listeners, **options
    ) as client:
        monitoring.watch(client)
        client.admin.command("ping")
        yield client


@contextmanager
def failing(client, *commands, mode="alwaysOn", **how):
    data = {"failCommands": commands, "appName": APPLICATION, **how}
    client.admin.command("configureFailPoint", "failCommand", mode=mode, data=data)
    try:
        yield
    finally:
        client.admin.command("configureFailPoint", "failCommand", mode="off")


@pytest.mark.usefixtures("metrics")
def test_every_series_is_there_at_0_before_its_first_event(value):
    for name in (
        "wallet_transaction_conflicts_total",
        "wallet_mongodb_pool_checkout_failures_total",
        "wallet_mongodb_heartbeat_seconds_count",
        "wallet_mongodb_primary",
        "wallet_mongodb_primary_changes_total",
    ):
        assert value(name) == 0
    for state in ("in_use", "idle"):
        assert value("wallet_mongodb_pool_connections", state=state) == 0


def test_a_round_trip_is_not_the_time_that_a_heartbeat_was_awaited(watched, value):  # noqa: ARG001
    def count():
        return value("wallet_mongodb_heartbeat_seconds_count")

    wait_until(lambda: count() >= 5)

    assert 0 < value("wallet_mongodb_heartbeat_seconds_sum") / count() < 0.25


def test_connections_are_counted_by_state(watched, client, value):
    def connections():
        return [value("wallet_mongodb_pool_connections", state=state) for state in ("in_use", "idle")]

    wait_until(lambda: connections() == [0, 1])
    with failing(client, "ping", blockConnection=True, blockTimeMS=2_000), ThreadPoolExecutor(1) as pool:
        pool.submit(watched.admin.command, "ping")
        wait_until(lambda: connections() == [1, 0])
    wait_until(lambda: connections() == [0, 1])


def test_a_connection_that_cannot_be_had_is_counted(watched, client, value):
    with failing(client, "ping", blockConnection=True, blockTimeMS=1_000), ThreadPoolExecutor(1) as pool:
        slow = pool.submit(watched.admin.command, "ping")
        running = {"appName": APPLICATION, "command.ping": 1}
        wait_until(lambda: client.admin.command("currentOp", running)["inprog"])
        with pytest.raises(Unavailable), renamed():
            watched.admin.command("ping")
        slow.result()

    assert value("wallet_mongodb_pool_checkout_failures_total") == 1


def test_an_election_is_seen(tmp_path, metrics, value):
    with (
        EmbeddedServer(tmp_path / "mongod", test_commands=True) as server,
        connect(server.uri, application=APPLICATION, observer=metrics) as watched,
    ):
        wait_until(lambda: value("wallet_mongodb_primary") == 1)
        assert value("wallet_mongodb_primary_changes_total") == 0

        watched.admin.command("replSetStepDown", 2, secondaryCatchUpPeriodSecs=0, force=True)

        wait_until(lambda: value("wallet_mongodb_primary") == 0)
        wait_until(lambda: value("wallet_mongodb_primary") == 1, within_s=30)
        assert value("wallet_mongodb_primary_changes_total") == 1


class TestConflicts:
    @pytest.fixture
    def engine(self, watched, database, metrics):
        transactions = Transactions(watched, observer=metrics)
        return PostingEngine(open_database(watched, database.name), transactions, cap=LARGEST_CAP)

    @pytest.fixture
    def conflicts(self, value):
        return lambda: value("wallet_transaction_conflicts_total")

    def test_none_is_counted_where_there_was_none(self, engine, database, conflicts):
        engine.post([top_up(open_wallet(database), 1)], clock.now())

        assert conflicts() == 0

    def test_each_attempt_that_had_to_be_run_again_is_counted(self, engine, client, database, conflicts):
        wallet = open_wallet(database)
        with failing(client, "update", mode={"times": 2}, **CONFLICT):
            engine.post([top_up(wallet, 1)], clock.now())

        assert conflicts() == 2

    def test_so_are_those_of_a_batch_that_gave_up(self, engine, client, database, conflicts):
        wallet = open_wallet(database)
        with failing(client, "update", **CONFLICT), pytest.raises(Collision):
            engine.post([top_up(wallet, 1), top_up(wallet, 1)], clock.now())

        assert conflicts() == posting.BATCH_ATTEMPTS

    def test_a_commit_that_is_sent_again_is_no_conflict(self, engine, client, database, conflicts):
        wallet = open_wallet(database)
        unknown = {"errorCode": 91, "errorLabels": ["RetryableWriteError"]}
        with failing(client, "commitTransaction", mode={"times": 1}, **unknown):
            engine.post([top_up(wallet, 1)], clock.now())

        assert conflicts() == 0
