"""The loop's events and the state of the queue as Prometheus metrics."""

import time
from collections.abc import Sequence
from threading import Event, Thread
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from wallet.clock import Clock
from wallet.errors import WalletError
from wallet.models import Transfer
from wallet.settlement import Refund
from wallet.store.queue import Queue
from watcher.observer import Observer

_SETTLE_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_BATCH_BUCKETS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000)
_REST = 20
_OUTCOMES = ("settled", "refunded", "parked")


class MetricsObserver(Observer):
    """Counts what happened; every series is there at 0 before its first event."""

    def __init__(self, registry: CollectorRegistry, clock: Clock) -> None:
        self._clock = clock
        self._done = Counter(
            "wallet_transfers", "Transfers by what became of them", ["outcome"], registry=registry
        )
        self._money = Counter(
            "wallet_transfers_rupiah",
            "Money of transfers by what became of it",
            ["outcome"],
            registry=registry,
        )
        for outcome in _OUTCOMES:
            self._done.labels(outcome)
            self._money.labels(outcome)
        self._retries = Counter(
            "wallet_transfer_retries", "Attempts that failed and wait for the next", registry=registry
        )
        self._accepted_to_settled = Histogram(
            "wallet_transfer_settle_seconds",
            "From accepted to settled or refunded",
            buckets=_SETTLE_BUCKETS_S,
            registry=registry,
        )
        self._batch = Histogram(
            "wallet_watcher_batch_transfers",
            "Transfers to a commit",
            buckets=_BATCH_BUCKETS,
            registry=registry,
        )
        self._commit = Histogram(
            "wallet_watcher_commit_seconds", "One transaction", buckets=_SETTLE_BUCKETS_S, registry=registry
        )
        self._pauses = Counter("wallet_watcher_pauses", "Times the store could not answer", registry=registry)
        self._stream = Gauge(
            "wallet_watcher_stream_up", "Whether the change stream is open", registry=registry
        )
        self._losses = Counter(
            "wallet_watcher_stream_losses", "Times the change stream was lost", registry=registry
        )
        self._alive = Gauge("wallet_watchers_alive", "Watchers whose heart beats", registry=registry)
        self._owned = Gauge(
            "wallet_watcher_partitions_owned", "Partitions that this watcher prefers", registry=registry
        )

    def credited(self, transfers: Sequence[Transfer], seconds: float) -> None:
        if not transfers:
            return
        now = self._clock()
        self._done.labels("settled").inc(len(transfers))
        self._money.labels("settled").inc(sum(one.amount for one in transfers))
        self._batch.observe(len(transfers))
        self._commit.observe(seconds)
        for one in transfers:
            self._accepted_to_settled.observe(max(0.0, (now - one.date).total_seconds()))

    def refunded(self, refunds: Sequence[Refund]) -> None:
        now = self._clock()
        self._done.labels("refunded").inc(len(refunds))
        self._money.labels("refunded").inc(sum(one.debit.amount for one in refunds))
        for one in refunds:
            self._accepted_to_settled.observe(max(0.0, (now - one.debit.date).total_seconds()))

    def retried(self, transfer_id: Any, attempts: int, fault: Exception) -> None:  # noqa: ARG002
        self._retries.inc()

    def parked(self, transfer_id: Any, reason: str) -> None:  # noqa: ARG002
        self._done.labels("parked").inc()

    def paused(self, fault: Exception) -> None:  # noqa: ARG002
        self._pauses.inc()

    def stream_opened(self) -> None:
        self._stream.set(1)

    def stream_lost(self, fault: Exception) -> None:  # noqa: ARG002
        self._stream.set(0)
        self._losses.inc()

    def membership(self, alive: Sequence[str], owned: Sequence[int]) -> None:
        self._alive.set(len(alive))
        self._owned.set(len(owned))


class QueueGauges(Thread):
    """Reads the queue's depth and age on a timer of its own, so that a long queue never slows the loop."""

    def __init__(
        self, queue: Queue, registry: CollectorRegistry, clock: Clock, *, every_s: float = 5.0
    ) -> None:
        super().__init__(name="queue-gauges", daemon=True)
        self._queue = queue
        self._clock = clock
        self._every_s = every_s
        self._stopping = Event()
        self._depth = Gauge(
            "wallet_transfer_queue_depth", "Transfers that wait; the same on every watcher", registry=registry
        )
        self._age = Gauge(
            "wallet_transfer_oldest_pending_age_seconds",
            "Age of the oldest transfer that waits; the same on every watcher",
            registry=registry,
        )

    def run(self) -> None:
        while not self._stopping.is_set():
            started = time.monotonic()
            self._read()
            # A look into the index can take a second after a busy time: rest the longer.
            self._stopping.wait(max(self._every_s, _REST * (time.monotonic() - started)))

    def stop(self) -> None:
        self._stopping.set()
        self.join()

    def _read(self) -> None:
        try:
            backlog = self._queue.backlog()
        except WalletError:
            return  # the loop reports that the store is away
        self._depth.set(backlog.depth)
        waited = (self._clock() - backlog.oldest).total_seconds() if backlog.oldest else 0.0
        self._age.set(max(0.0, waited))
