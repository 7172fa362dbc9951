"""P1, P2: at every moment money is neither made nor lost, and no balance is below zero or over the cap."""

from collections.abc import Iterator

from tests.chaos.books import Books
from tests.chaos.evidence import Evidence, Sample, Violation


def check(evidence: Evidence, books: Books) -> list[Violation]:
    """Hold every moment that was sampled to it, and the end."""
    found = [one for sample in evidence.samples for one in check_sample(sample, evidence)]
    return found + [Violation(*mistake) for mistake in books.conservation()]


def check_sample(sample: Sample, evidence: Evidence) -> list[Violation]:
    return list(_offences(sample, evidence.cap))


def _offences(sample: Sample, cap: int) -> Iterator[Violation]:
    where = f"at {sample.at_ns / 1e9:.3f} s"
    difference = sample.held + sample.in_flight - (sample.topped_up - sample.paid)
    if difference:
        yield Violation("P1", f"{difference:+} rupiah were made or lost", where)
    if sample.lowest < 0:
        yield Violation("P2", f"a balance is {sample.lowest}", where)
    if sample.highest > cap:
        yield Violation("P2", f"a balance is {sample.highest}, the cap is {cap}", where)
