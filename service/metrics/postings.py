"""What became of postings, and how they shared transactions."""

from collections import Counter as Tally
from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from wallet import errors
from wallet.group_commit import CommitObserver, Overloaded
from wallet.ledger import Declined, Outcome, Posted
from wallet.models import Kind, Posting

_KINDS = (Kind.TOP_UP, Kind.PAYMENT, Kind.TRANSFER_OUT)
_POSTED = "posted"
_REPLAYED = "replayed"
_REASONS = (
    errors.InsufficientBalance,
    errors.BalanceCapExceeded,
    errors.OperationLimitExceeded,
    errors.DailyAmountExceeded,
    errors.DailyCountExceeded,
    errors.MonthlyAmountExceeded,
    errors.MonthlyCountExceeded,
    errors.WalletFrozen,
    errors.WalletClosed,
    errors.ReceiverNotActive,
    errors.ReceiverNotFound,
    errors.KeyReused,
    errors.Unauthenticated,
    errors.Unavailable,
    errors.OutcomeUnknown,
    Overloaded,
    errors.WalletError,
)
_BATCH_BUCKETS = (1, 2, 5, 10, 20, 50, 100, 200, 500)
_COMMIT_BUCKETS_S = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class PostingMetrics(CommitObserver):
    """Counts each posting once, by what the ledger did with it; a batch in one go.

    A posting whose caller lost patience amid its commit is counted by how the commit ends: what is counted as
    posted is what is in the ledger.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        postings = Counter(
            "wallet_postings",
            "Postings by kind and what became of them: posted, replayed, or the code of the error",
            ["kind", "outcome"],
            registry=registry,
        )
        rupiah = Counter("wallet_postings_rupiah", "Money of what was posted", ["kind"], registry=registry)
        self._postings = postings
        for outcome in (_POSTED, _REPLAYED, *(reason.code for reason in _REASONS)):
            for kind in _KINDS:
                postings.labels(kind, outcome)
        self._rupiah = {kind: rupiah.labels(kind) for kind in _KINDS}
        self._waiting = Gauge(
            "wallet_group_commit_queue_depth",
            "Postings that wait for a transaction",
            multiprocess_mode="livesum",
            registry=registry,
        )
        self._batch = Histogram(
            "wallet_group_commit_batch_postings",
            "Postings to a transaction",
            buckets=_BATCH_BUCKETS,
            registry=registry,
        )
        self._seconds = Histogram(
            "wallet_group_commit_seconds",
            "One transaction of the posting engine, with its retries",
            buckets=_COMMIT_BUCKETS_S,
            registry=registry,
        )

    def waiting(self, postings: int) -> None:
        self._waiting.set(postings)

    def attempted(self, postings: int, seconds: float) -> None:
        self._batch.observe(postings)
        self._seconds.observe(seconds)

    def committed(self, postings: Sequence[Posting], outcomes: Sequence[Outcome]) -> None:
        self._count(
            Tally((one.kind, _name(outcome)) for one, outcome in zip(postings, outcomes, strict=True))
        )
        money: Tally[Kind] = Tally()
        for one, outcome in zip(postings, outcomes, strict=True):
            if isinstance(outcome, Posted):
                money[one.kind] += one.amount
        for kind, rupiah in money.items():
            self._rupiah[kind].inc(rupiah)

    def failed(self, postings: Sequence[Posting], fault: Exception) -> None:
        # The codes are written in the source, so there are no more of them than classes.
        code = fault.code if isinstance(fault, errors.WalletError) else errors.WalletError.code
        self._count(Tally((one.kind, code) for one in postings))

    def _count(self, tally: Tally[tuple[Kind, str]]) -> None:
        for key, count in tally.items():
            self._postings.labels(*key).inc(count)


def _name(outcome: Outcome) -> str:
    if isinstance(outcome, Declined):
        return outcome.reason.code
    return _POSTED if isinstance(outcome, Posted) else _REPLAYED
