"""P12, P15: in quiet times transfers settle in a second, and at no time is one stuck."""

from collections.abc import Iterator, Sequence

from tests.chaos.books import Books
from tests.chaos.bounds import QUIET_P99_S, SECOND_NS, STUCK_S, bound_of
from tests.chaos.evidence import Evidence, Sample, Violation
from tests.chaos.history import Fault
from tests.chaos.quiet import quiet_times
from tests.chaos.recoveries import waits
from wallet.models import TransferStatus

_LEST_S = 2.0
"""What is accepted so shortly before a fault is settled in trouble, and says nothing of quiet times."""
_ENOUGH = 100
"""A p99 of fewer says nothing."""


def check(evidence: Evidence, books: Books) -> list[Violation]:
    stuck = [one for sample in evidence.samples for one in check_sample(sample, evidence)]
    return [*stuck, *_never_settled(books), *_slow(evidence)]


def check_sample(sample: Sample, evidence: Evidence) -> list[Violation]:
    """Hold the oldest pending transfer to its bound, not counting the time when the store was in trouble."""
    if sample.oldest_s is None or sample.oldest_s <= STUCK_S:
        return []
    since_ns = sample.at_ns - int(sample.oldest_s * SECOND_NS)
    excused_s = _trouble_s(evidence.faults, since_ns, sample.at_ns)
    if sample.oldest_s - excused_s <= STUCK_S:
        return []
    what = f"a transfer has waited for {sample.oldest_s:.0f} s, the store was in trouble for {excused_s:.0f}"
    return [Violation("P15", what, f"at {sample.at_ns / SECOND_NS:.3f} s")]


def _trouble_s(faults: Sequence[Fault], since_ns: int, until_ns: int) -> float:
    """Return how long the store was in trouble between two moments, recoveries included."""
    troubled = 0
    reached = since_ns
    for fault in sorted(faults, key=lambda one: one.began_ns):
        bound = bound_of(fault)
        if not bound.store:
            continue
        healed = until_ns if fault.ended_ns is None else fault.ended_ns + int(bound.settle_s * SECOND_NS)
        begin, end = max(fault.began_ns, reached), min(healed, until_ns)
        if end > begin:
            troubled += end - begin
            reached = end
    return troubled / SECOND_NS


def _never_settled(books: Books) -> Iterator[Violation]:
    for row in books.transfers:
        if row.status is TransferStatus.PENDING:
            state = f"parked: {row.failure}" if row.parked else "pending"
            yield Violation("P15", f"in the end it is {state}", f"transfer {row.id}")


def _slow(evidence: Evidence) -> Iterator[Violation]:
    quiet = quiet_times(evidence, evidence.faults)
    seconds = sorted(
        wait.seconds
        for wait in waits(evidence.moves)
        if any(begin <= wait.accepted_ns < end - _LEST_S * SECOND_NS for begin, end in quiet)
    )
    if len(seconds) < _ENOUGH:
        return
    p99 = seconds[int(0.99 * len(seconds))]
    if p99 > QUIET_P99_S:
        what = f"the p99 of {len(seconds)} transfers from accepted to settled is {p99:.2f} s"
        yield Violation("P12", what, "in quiet times")
