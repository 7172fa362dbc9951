"""What became of transfers, and how long they waited."""

from collections import Counter as Tally
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram

from wallet import errors
from wallet.clock import Clock
from wallet.models import Transfer
from wallet.settlement import MALFORMED, NO_DEBIT, POISON, Refund
from watcher.metrics.histogram import BatchHistogram
from watcher.observer import Observer
from watcher.reasons import KNOWN, OTHER, reason_of

_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_BATCH_BUCKETS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000)
_SETTLED, _REFUNDED, _PARKED = "settled", "refunded", "parked"
_REASONS = (
    errors.ReceiverNotFound.code,
    errors.ReceiverNotActive.code,
    errors.BalanceCapExceeded.code,
    NO_DEBIT,
    MALFORMED,
    POISON,
)


class TransferMetrics(Observer):
    """Counts what happened, a batch in one go; every series is there at 0 before its first event."""

    def __init__(self, registry: CollectorRegistry, clock: Clock) -> None:
        self._clock = clock
        self._done = Counter(
            "wallet_transfers",
            "Transfers by what became of them, and why",
            ["outcome", "reason"],
            registry=registry,
        )
        self._settled = self._done.labels(_SETTLED, "")
        for outcome in (_REFUNDED, _PARKED):
            for reason in (*_REASONS, OTHER):
                self._done.labels(outcome, reason)
        money = Counter(
            "wallet_transfers_rupiah",
            "Money of transfers by what became of it",
            ["outcome"],
            registry=registry,
        )
        self._settled_rupiah, self._refunded_rupiah = money.labels(_SETTLED), money.labels(_REFUNDED)
        self._retries = Counter(
            "wallet_transfer_retries",
            "Attempts that failed and wait for the next, by the code of the fault",
            ["reason"],
            registry=registry,
        )
        for reason in (*KNOWN, OTHER):
            self._retries.labels(reason)
        self._waited = BatchHistogram(
            "wallet_transfer_pickup_seconds",
            "From accepted to the beginning of the batch that executes it; a second attempt counts again",
            _BUCKETS_S,
            registry,
        )
        self._took = BatchHistogram(
            "wallet_transfer_settle_seconds", "From accepted to settled or refunded", _BUCKETS_S, registry
        )
        self._batch = Histogram(
            "wallet_watcher_batch_transfers",
            "Transfers to a commit",
            buckets=_BATCH_BUCKETS,
            registry=registry,
        )
        self._commit = Histogram(
            "wallet_watcher_commit_seconds",
            "One transaction of the settlement engine, with its retries",
            buckets=_BUCKETS_S,
            registry=registry,
        )

    def picked_up(self, transfers: Sequence[Transfer]) -> None:
        self._waited.observe(self._since(one.date for one in transfers))

    def credited(self, transfers: Sequence[Transfer], seconds: float) -> None:
        if not transfers:
            return
        self._settled.inc(len(transfers))
        self._settled_rupiah.inc(sum(one.amount for one in transfers))
        self._batch.observe(len(transfers))
        self._commit.observe(seconds)
        self._took.observe(self._since(one.date for one in transfers))

    def refunded(self, refunds: Sequence[Refund]) -> None:
        for reason, count in Tally(_bounded(one.reason, _REASONS) for one in refunds).items():
            self._done.labels(_REFUNDED, reason).inc(count)
        self._refunded_rupiah.inc(sum(one.debit.amount for one in refunds))
        self._took.observe(self._since(one.debit.date for one in refunds))

    def retried(self, transfer_id: Any, attempts: int, fault: Exception) -> None:  # noqa: ARG002
        self._retries.labels(reason_of(fault)).inc()

    def parked(self, transfer_id: Any, reason: str) -> None:  # noqa: ARG002
        self._done.labels(_PARKED, _bounded(reason, _REASONS)).inc()

    def _since(self, dates: Iterable[datetime]) -> Iterable[float]:
        # The pod's clock set the date, ours is asked now: theirs may be ahead.
        now = self._clock()
        return (max(0.0, (now - date).total_seconds()) for date in dates)


def _bounded(reason: str, known: Sequence[str]) -> str:
    return reason if reason in known else OTHER
