"""P9: a call whose answer got lost is resolved to one effect, or none, by repeating its key."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.chaos.books import Books
from tests.chaos.calls import Request, accepted, requests, unknown
from tests.chaos.evidence import Evidence, Violation
from tests.chaos.history import Exchange


@dataclass(frozen=True, slots=True)
class Unknowns:
    """Calls whose answer got lost, by what a repetition told of them."""

    had_succeeded: int
    """The effect was there before the repetition."""
    had_not: int
    """The repetition made the effect, or was refused."""
    without_key: int
    """They cannot be repeated; the ledger may have one entry of each."""
    never_resolved: int


def check(evidence: Evidence, books: Books) -> list[Violation]:  # noqa: ARG001
    return [
        Violation("P9", "an answer got lost and no later one was definite", repr(request))
        for request in _lost(evidence.exchanges)
        if request.asked.key is not None and not request.resolved
    ]


def unknowns(exchanges: Sequence[Exchange]) -> Unknowns:
    """Count what became of the calls that got lost."""
    had_succeeded = had_not = without_key = never_resolved = 0
    for request in _lost(exchanges):
        lost = sum(map(unknown, request.exchanges))
        if request.asked.key is None:
            without_key += lost
        elif not request.resolved:
            never_resolved += lost
        elif _made_by_a_lost_one(request):
            # One of them did it; the others found it done, or did nothing.
            had_succeeded += 1
            had_not += lost - 1
        else:
            had_not += lost
    return Unknowns(had_succeeded, had_not, without_key, never_resolved)


def _lost(exchanges: Sequence[Exchange]) -> list[Request]:
    return [one for one in requests(exchanges) if any(map(unknown, one.exchanges))]


def _made_by_a_lost_one(request: Request) -> bool:
    answers = [one.told for one in request.exchanges if accepted(one) and one.told]
    return bool(answers) and all(told.replayed for told in answers)
