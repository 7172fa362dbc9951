"""P7: what a sender does after an answer has a higher seq than what was answered."""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID

from tests.chaos.books import Books
from tests.chaos.calls import KIND, requests
from tests.chaos.evidence import Evidence, Violation


class _Turn(NamedTuple):
    """When a request was first sent, when it was first answered, and where its entry stands."""

    sent_ns: int
    told_ns: int
    seq: int


def check(evidence: Evidence, books: Books) -> list[Violation]:
    return [
        offence for user, turns in _turns(evidence, books).items() for offence in _out_of_order(user, turns)
    ]


def _turns(evidence: Evidence, books: Books) -> dict[UUID, list[_Turn]]:
    turns: dict[UUID, list[_Turn]] = defaultdict(list)
    for one in requests(evidence.exchanges):
        told, operation = one.acknowledged, one.operation
        entry = books.entry(operation, KIND[one.asked.kind]) if operation else None
        if told is not None and entry is not None and entry.wallet == one.asked.user:
            turns[one.asked.user].append(_Turn(one.asked.at_ns, told.at_ns, entry.seq))
    return turns


def _out_of_order(user: UUID, turns: list[_Turn]) -> Iterator[Violation]:
    answered = sorted(turns, key=lambda turn: turn.told_ns)
    highest = at = 0
    for turn in sorted(turns):
        while at < len(answered) and answered[at].told_ns < turn.sent_ns:
            highest = max(highest, answered[at].seq)
            at += 1
        if turn.seq < highest:
            what = f"entry {turn.seq} was asked for after entry {highest} was acknowledged"
            yield Violation("P7", what, f"wallet {user}")
