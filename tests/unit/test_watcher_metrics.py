"""What a watcher counts of what it hears, and when it says that it does not know."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from factories import make_entry, make_transfer
from prometheus_client import CollectorRegistry

from wallet.errors import MalformedDocument, Unavailable
from wallet.models import Kind
from wallet.settlement import POISON, Pending, Refund
from wallet.store.arrivals import Arrival
from wallet.store.faults import AlreadyExists
from watcher.metrics.histogram import BatchHistogram
from watcher.metrics.known import Reading
from watcher.metrics.loop import LoopMetrics
from watcher.metrics.stream import StreamMetrics
from watcher.metrics.sweeps import PATIENCE_S, SweepMetrics
from watcher.metrics.transfers import TransferMetrics
from watcher.observer import Observer, Observers

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
REASONS = (
    "receiver_not_found",
    "receiver_not_active",
    "balance_cap_exceeded",
    "no_debit",
    "malformed",
    "poison",
    "other",
)


class Watch:
    """A clock that stands still until it is told to go on; of the day, and monotonic."""

    def __init__(self):
        self.seconds = 0.0

    def now(self):
        return NOON + timedelta(seconds=self.seconds)

    def monotonic(self):
        return self.seconds


@pytest.fixture
def watch():
    return Watch()


@pytest.fixture
def registry():
    return CollectorRegistry()


@pytest.fixture
def value(registry):
    """Return the value of a series at this moment, or None while there is none."""
    return lambda name, **labels: registry.get_sample_value(name, labels)


def at(second):
    return NOON.timestamp() + second


def refund(reason, amount=1_000, date=NOON):
    return Refund(make_entry(kind=Kind.TRANSFER_OUT, amount=amount, date=date), reason, "")


class TestTransfers:
    @pytest.fixture
    def metrics(self, registry, watch):
        return TransferMetrics(registry, watch.now)

    @pytest.mark.usefixtures("metrics")
    def test_every_series_is_there_at_0_before_its_first_event(self, value):
        assert value("wallet_transfers_total", outcome="settled", reason="") == 0
        for reason in REASONS:
            assert value("wallet_transfers_total", outcome="refunded", reason=reason) == 0
            assert value("wallet_transfers_total", outcome="parked", reason=reason) == 0
        for outcome in ("settled", "refunded"):
            assert value("wallet_transfers_rupiah_total", outcome=outcome) == 0
        for reason in ("already_exists", "malformed_document", "other"):
            assert value("wallet_transfer_retries_total", reason=reason) == 0
        for name in (
            "wallet_transfer_pickup_seconds",
            "wallet_transfer_settle_seconds",
            "wallet_watcher_batch_transfers",
            "wallet_watcher_commit_seconds",
        ):
            assert value(f"{name}_count") == 0

    def test_a_batch_is_counted_with_its_money_and_its_age(self, metrics, value, watch):
        batch = [make_transfer(amount=amount, date=NOON) for amount in (1, 20, 300)]

        watch.seconds = 0.2
        metrics.picked_up(batch)
        watch.seconds = 5.0
        metrics.credited(batch, 0.3)

        assert value("wallet_transfers_total", outcome="settled", reason="") == 3
        assert value("wallet_transfers_rupiah_total", outcome="settled") == 321
        assert value("wallet_transfer_pickup_seconds_sum") == pytest.approx(0.6)
        assert value("wallet_transfer_settle_seconds_bucket", le="2.5") == 0
        assert value("wallet_transfer_settle_seconds_bucket", le="5.0") == 3, "the promise has a bucket"
        assert value("wallet_watcher_batch_transfers_sum") == 3
        assert value("wallet_watcher_commit_seconds_sum") == pytest.approx(0.3)

    def test_a_pods_clock_that_is_ahead_makes_no_negative_age(self, metrics, value):
        metrics.credited([make_transfer(date=NOON + timedelta(seconds=9))], 0.1)

        assert value("wallet_transfer_settle_seconds_sum") == 0

    def test_refunds_and_parks_are_counted_by_a_bounded_reason(self, metrics, value):
        unknown = [refund("receiver_not_found", amount) for amount in (5, 6)]
        metrics.refunded([*unknown, refund(str(uuid4()))])
        metrics.parked(uuid4(), POISON)
        metrics.parked(uuid4(), "what nobody thought of")

        assert value("wallet_transfers_total", outcome="refunded", reason="receiver_not_found") == 2
        assert value("wallet_transfers_total", outcome="refunded", reason="other") == 1
        assert value("wallet_transfers_rupiah_total", outcome="refunded") == 1_011
        assert value("wallet_transfer_settle_seconds_count") == 3
        assert value("wallet_transfers_total", outcome="parked", reason="poison") == 1
        assert value("wallet_transfers_total", outcome="parked", reason="other") == 1

    def test_retries_are_counted_by_the_family_of_the_fault(self, metrics, value):
        for fault in (AlreadyExists(), AlreadyExists(), MalformedDocument("x"), ZeroDivisionError()):
            metrics.retried(uuid4(), 1, fault)

        assert value("wallet_transfer_retries_total", reason="already_exists") == 2
        assert value("wallet_transfer_retries_total", reason="malformed_document") == 1
        assert value("wallet_transfer_retries_total", reason="other") == 1


class TestTheLagOfTheStream:
    """Now less the later of: the last answer that there is nothing, and the last event."""

    @pytest.fixture
    def metrics(self, registry, watch):
        return StreamMetrics(registry, watch.now)

    @pytest.fixture
    def lag(self, metrics, value):  # noqa: ARG002 - it is what is measured
        return lambda: value("wallet_watcher_stream_lag_seconds")

    def test_is_absent_until_the_stream_has_said_anything(self, lag, value, metrics, watch):
        metrics.stream_opened()
        watch.seconds = 100

        assert lag() is None
        assert value("wallet_watcher_stream_lag_known") == 0
        metrics.stream_answered(None)
        assert lag() == 0
        assert value("wallet_watcher_stream_lag_known") == 1

    def test_stays_small_on_an_idle_stream(self, lag, metrics, watch):
        for watch.seconds in range(0, 3_600, 10):
            metrics.stream_answered(None)
            assert lag() == 0

    def test_grows_on_a_stream_that_says_nothing_at_all(self, lag, metrics, watch):
        metrics.stream_answered(None)
        watch.seconds = 700
        assert lag() == 700

    def test_is_that_of_the_events_on_a_stream_that_never_catches_up(self, lag, metrics, watch):
        metrics.stream_answered(None)
        for watch.seconds in range(100, 200, 10):
            metrics.stream_answered(Arrival(uuid4(), 1, at(watch.seconds - 60)))

        assert lag() == 60

    def test_ends_when_it_has_caught_up(self, lag, metrics, watch):
        watch.seconds = 100
        metrics.stream_answered(Arrival(uuid4(), 1, at(10)))
        metrics.stream_answered(None)
        assert lag() == 0

    def test_is_not_spoken_of_while_the_stream_rests(self, lag, metrics, value, watch):
        """A backlog is swept: the stream is closed on purpose, and no alert is due for it."""
        metrics.stream_opened()
        metrics.stream_answered(None)

        metrics.stream_left()
        watch.seconds = 700

        assert lag() is None
        assert value("wallet_watcher_stream_lag_known") == 1
        assert value("wallet_watcher_stream_resting") == 1
        metrics.stream_opened()
        metrics.stream_answered(None)
        assert lag() == 0
        assert value("wallet_watcher_stream_resting") == 0

    def test_is_never_negative_when_the_servers_clock_is_ahead(self, lag, metrics):
        metrics.stream_answered(Arrival(uuid4(), 1, at(30)))
        assert lag() == 0

    def test_grows_on_while_the_stream_is_lost(self, lag, metrics, value, watch):
        metrics.stream_opened()
        metrics.stream_answered(None)
        metrics.stream_lost(Unavailable())
        watch.seconds = 30

        assert lag() == 30
        assert value("wallet_watcher_stream_up") == 0
        assert value("wallet_watcher_stream_losses_total") == 1


class TestSweeps:
    """A find is what the doorbell missed, and nothing else."""

    @pytest.fixture
    def metrics(self, registry, watch):
        metrics = SweepMetrics(registry, watch.monotonic)
        metrics.membership(["me"], [7])
        metrics.stream_opened()
        return metrics

    @pytest.fixture
    def finds(self, metrics, value, watch):
        """Return how many there are once the doorbell has had its time."""

        def later():
            watch.seconds += PATIENCE_S
            metrics.swept(Pending([], []), expected=False)
            return value("wallet_watcher_sweep_finds_total")

        return later

    @pytest.fixture
    def transfer(self):
        return make_transfer(partition=7)

    def test_what_nobody_rang_for_is_found_once(self, metrics, finds, transfer, value):
        assert value("wallet_watcher_sweep_finds_total") == 0
        metrics.swept(Pending([transfer], []), expected=False)
        metrics.swept(Pending([transfer], []), expected=False)

        assert finds() == 1
        assert finds() == 1
        assert value("wallet_watcher_sweeps_total") == 4

    def test_what_rings_a_moment_later_was_not_missed(self, metrics, finds, transfer, watch):
        metrics.swept(Pending([transfer], []), expected=False)
        watch.seconds += 0.1
        metrics.stream_answered(None)
        metrics.stream_answered(Arrival(transfer.id, 7))

        assert finds() == 0

    def test_what_was_to_be_expected_is_no_find(self, metrics, finds, transfer):
        metrics.swept(Pending([transfer], []), expected=True)

        assert finds() == 0

    @pytest.mark.parametrize("changed", [{"partition": 8}, {"attempts": 1}], ids=str)
    def test_what_rings_elsewhere_or_is_tried_again_is_no_find(self, metrics, finds, changed):
        metrics.swept(Pending([make_transfer(**{"partition": 7} | changed)], ["malformed"]), expected=False)

        assert finds() == 0

    def test_nothing_is_found_while_no_stream_is_open(self, metrics, finds, transfer):
        metrics.swept(Pending([transfer], []), expected=False)
        metrics.stream_lost(Unavailable())
        metrics.swept(Pending([transfer], []), expected=False)

        assert finds() == 0


def test_what_was_read_too_long_ago_is_not_known(watch):
    """One watcher that has lost the store must not hide, with max(), what the others see."""
    reading = Reading(60, watch.monotonic)
    assert reading.get() is None

    reading.put(5)
    watch.seconds = 60
    assert reading.get() == 5
    watch.seconds = 60.1
    assert reading.get() is None
    reading.put(0)
    assert reading.get() == 0


def test_membership_and_pauses(registry, value):
    metrics = LoopMetrics(registry)
    assert value("wallet_watchers_alive") is None
    assert value("wallet_watcher_partitions_owned") == value("wallet_watcher_pauses_total") == 0

    metrics.membership(["a", "b"], [1, 2, 3])
    metrics.paused(Unavailable())

    assert value("wallet_watchers_alive") == 2
    assert value("wallet_watcher_partitions_owned") == 3
    assert value("wallet_watcher_pauses_total") == 1


def test_a_batch_lies_in_the_buckets_as_if_it_had_come_one_by_one(registry, value):
    histogram = BatchHistogram("wallet_x", "x", (1, 5.0), registry)
    histogram.observe([0.5, 1, 1.5, 5, 6])
    histogram.observe([])

    assert [value("wallet_x_bucket", le=bound) for bound in ("1.0", "5.0", "+Inf")] == [2, 4, 5]
    assert (value("wallet_x_count"), value("wallet_x_sum")) == (5, 14)


def test_several_observers_hear_everything_and_only_what_they_care_for():
    heard = []

    class One(Observer):
        def paused(self, fault):
            heard.append(("one", fault))

        def stream_opened(self):
            heard.append("opened")

    class Two(Observer):
        def paused(self, fault):
            heard.append(("two", fault))

    observers = Observers(One(), Two(), Observer())
    for name in vars(Observer):
        if not name.startswith("_"):
            assert name in vars(Observers), f"{name} is not passed on"
    fault = Unavailable()
    observers.paused(fault)
    observers.stream_opened()

    assert heard == [("one", fault), ("two", fault), "opened"]
