"""P8: a user's key and body have one answer; another body is refused; the keys of two users never meet."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from tests.chaos.books import Books
from tests.chaos.calls import Request, Slot, requests, unknown
from tests.chaos.evidence import Evidence, Violation

if TYPE_CHECKING:
    from uuid import UUID

_REUSED = "idempotency_key_reused"


def check(evidence: Evidence, books: Books) -> list[Violation]:  # noqa: ARG001
    asked = requests(evidence.exchanges)
    slots: dict[Slot, list[Request]] = defaultdict(list)
    for one in asked:
        slots[one.slot].append(one)
    return [
        *(offence for one in asked for offence in _one_answer(one)),
        *(offence for slot, bodies in slots.items() for offence in _one_body(slot, bodies)),
        *_nobody_elses(asked),
    ]


def _one_answer(request: Request) -> Iterator[Violation]:
    told = [one.told.body for one in request.answers if one.told]
    if any(body != told[0] for body in told):
        yield Violation("P8", f"the same request was answered in {len(told)} ways", repr(request))


def _one_body(slot: Slot, bodies: list[Request]) -> Iterator[Violation]:
    where = f"{slot.kind} of {slot.user}, key {slot.key}"
    done = [one for one in bodies if one.answers]
    if len(done) > 1:
        yield Violation("P8", f"{len(done)} bodies were accepted under one key", where)
    for one in bodies:
        if _told_reused(one) and not any(_holds_key(other) for other in bodies if other is not one):
            yield Violation("P8", "the key was refused as used, and nobody had used it", where)


def _told_reused(request: Request) -> bool:
    return any(one.told is not None and one.told.code == _REUSED for one in request.exchanges)


def _holds_key(request: Request) -> bool:
    return bool(request.answers) or any(map(unknown, request.exchanges))


def _nobody_elses(asked: Iterable[Request]) -> Iterator[Violation]:
    owners: dict[UUID, Request] = {}
    for one in asked:
        if one.operation is None:
            continue
        first = owners.setdefault(one.operation, one)
        if first.slot != one.slot:
            yield Violation("P8", f"it was answered with {one.operation}, which is of {first!r}", repr(one))
