"""P2: only whole rupiah from 1 to the cap are accepted; true, 1.0 and "1" are none."""

from tests.chaos.books import Books
from tests.chaos.calls import accepted, movements
from tests.chaos.evidence import Evidence, Violation


def check(evidence: Evidence, books: Books) -> list[Violation]:  # noqa: ARG001
    return [
        Violation("P2", f"the amount {one.asked.amount!r} was accepted", f"call {one.asked.call}")
        for one in movements(evidence.exchanges)
        if accepted(one) and not _whole(one.asked.amount, evidence.cap)
    ]


def _whole(amount: object, cap: int) -> bool:
    return type(amount) is int and 1 <= amount <= cap
