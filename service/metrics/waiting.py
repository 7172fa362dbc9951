"""Who waits, how waits end, and how the stream fares that wakes them."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from wallet.clock import Clock
from wallet.models import Transfer
from wallet.use_cases.waiters import Awaited, Outcome, WaitObserver

_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class WaitingMetrics(WaitObserver):
    """Every series is there at 0 before its first event."""

    def __init__(self, registry: CollectorRegistry, clock: Clock) -> None:
        self._clock = clock
        self._waiters = Gauge(
            "wallet_waiters",
            "Clients that wait for a transfer, or follow their events",
            ["kind"],
            multiprocess_mode="livesum",
            registry=registry,
        )
        self._turned_away = Counter(
            "wallet_waiters_turned_away",
            "Clients that were not let wait, because so many did or the process stopped",
            ["kind"],
            registry=registry,
        )
        for awaited in Awaited:
            self._waiters.labels(awaited.value)
            self._turned_away.labels(awaited.value)
        self._waits = Counter(
            "wallet_waits", "Waits for transfers, by how they ended", ["outcome"], registry=registry
        )
        for outcome in Outcome:
            self._waits.labels(outcome.value)
        self._lag = Histogram(
            "wallet_wait_lag_seconds",
            "From the date of a settlement until those who waited for it were woken",
            buckets=_BUCKETS_S,
            registry=registry,
        )
        self._up = Gauge(
            "wallet_wait_stream_up",
            "Whether whoever waits is woken by a stream; of a pod, by the worker for which it is worst",
            multiprocess_mode="livemin",
            registry=registry,
        )
        self._up.set(1)
        self._losses = Counter(
            "wallet_wait_stream_losses", "Times that stream was lost or not opened", registry=registry
        )

    def waiting(self, awaited: Awaited, waiters: int) -> None:
        self._waiters.labels(awaited.value).set(waiters)

    def turned_away(self, awaited: Awaited) -> None:
        self._turned_away.labels(awaited.value).inc()

    def waited(self, outcome: Outcome) -> None:
        self._waits.labels(outcome.value).inc()

    def told(self, transfer: Transfer) -> None:
        if transfer.settled_at is not None:
            self._lag.observe(max(0.0, (self._clock() - transfer.settled_at).total_seconds()))

    def stream_opened(self) -> None:
        self._up.set(1)

    def stream_left(self) -> None:
        self._up.set(1)  # nobody waits, so nothing is amiss

    def stream_lost(self, fault: Exception) -> None:  # noqa: ARG002
        self._up.set(0)
        self._losses.inc()
