"""The checkers: each holds a run to some of the promises, and has no state."""

from collections.abc import Callable

from tests.chaos.books import Books
from tests.chaos.checkers import (
    acknowledged,
    amounts,
    answers,
    audited,
    chains,
    counters,
    idempotency,
    once,
    order,
    reads,
    recovery,
    resolved,
    statuses,
    takeover,
    totals,
    unasked,
    waiting,
)
from tests.chaos.evidence import Evidence, Sample, Violation

Check = Callable[[Evidence, Books], list[Violation]]

ANYTIME: tuple[Check, ...] = (
    totals.check,
    once.check,
    chains.check,
    acknowledged.check,
    amounts.check,
    unasked.check,
    order.check,
    statuses.check,
    reads.check,
    idempotency.check,
    answers.check,
    recovery.check,
    takeover.check,
)
"""They hold amid a run as well, when the books were read between two readings of the histories."""

CHECKERS: tuple[Check, ...] = (*ANYTIME, resolved.check, waiting.check, counters.check, audited.check)
"""They hold when nothing is pending any more, and every call that got lost was repeated."""

ONLINE: tuple[Callable[[Sample, Evidence], list[Violation]], ...] = (
    totals.check_sample,
    waiting.check_sample,
)
"""They hold for each sample. Of the evidence they need the cap and the faults so far."""


def name_of(check: Callable[..., object]) -> str:
    return check.__module__.rpartition(".")[2]


def verdict(evidence: Evidence, books: Books, checks: tuple[Check, ...] = CHECKERS) -> list[Violation]:
    """Return everything that is wrong."""
    return [violation for check in checks for violation in check(evidence, books)]
