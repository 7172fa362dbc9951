"""A transfer's life as a list of events, from what is written down about it. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from wallet.cases import Action, Case, Note
from wallet.models import Kind

ACCEPTED = "accepted"
PICKED_UP = "picked up"
ATTEMPT_FAILED = "attempt failed"
ATTEMPTS_FAILED = "attempts failed"
PARKED = "parked"
SETTLED = "settled"
REFUNDED = "refunded"
_ENDS = {Kind.TRANSFER_IN: SETTLED, Kind.REFUND: REFUNDED}
_NOTED = {
    Action.RETRY.value: "retried by an operator",
    Action.FAIL.value: "failed by an operator",
    Action.PARK.value: "parked by an operator",
}
_TOLD = {
    ACCEPTED: "accepted",
    PICKED_UP: "picked_up",
    ATTEMPT_FAILED: "attempt_failed",
    PARKED: "delayed",
    _NOTED[Action.PARK.value]: "delayed",
    SETTLED: "settled",
    REFUNDED: "refunded",
}
"""What the sender and the target may know of, and the name by which they do. That a transfer is delayed is
theirs to know; who decides about it, and why, is not."""
_WITH_REASON = frozenset({ATTEMPT_FAILED, REFUNDED})
_FIRST, _MIDDLE, _LAST = range(3)
_PLACES = {ACCEPTED: _FIRST, SETTLED: _LAST, REFUNDED: _LAST}
"""Clocks differ from machine to machine: what is first and what is last is known without them."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened; ``at`` is ``None`` when nobody wrote down when."""

    name: str
    at: datetime | None
    detail: str = ""
    after_ms: int | None = None
    """Since the event before it whose time is known."""


def timeline(case: Case) -> list[Event]:
    """Return the events of ``case`` in order, for operators."""
    return [*_spaced(_in_order(case)), *_undated(case)]


def told(case: Case) -> list[Event]:
    """Return what the two between whom the money moves may know; ``detail`` is the code of a reason."""
    return list(
        _spaced(
            Event(_TOLD[one.name], one.at, one.detail if one.name in _WITH_REASON else "")
            for one in _in_order(case)
            if one.name in _TOLD
        )
    )


def _in_order(case: Case) -> list[Event]:
    return sorted(_written(case), key=lambda event: (_PLACES.get(event.name, _MIDDLE), event.at))


def _written(case: Case) -> Iterator[Event]:
    row = case.row
    if case.taken is not None:
        yield Event(ACCEPTED, case.taken.date)
    elif isinstance(row.date, datetime):
        yield Event("queued without a debit", row.date)
    yield from map(_noted, row.notes)  # first: when times are equal, the deed is before its effect
    for attempt in row.failed_attempts:
        yield Event(ATTEMPT_FAILED, attempt.at, attempt.reason)
    if isinstance(row.picked_up_at, datetime):
        yield Event(PICKED_UP, row.picked_up_at)
    if isinstance(row.parked_at, datetime):
        yield Event(PARKED, row.parked_at, str(row.failure or "") if row.pending and row.parked else "")
    if case.credit is not None:
        reason = str(row.failure or "") if case.credit.kind is Kind.REFUND else ""
        yield Event(_ENDS.get(case.credit.kind, case.credit.kind), case.credit.date, reason)


def _noted(note: Note) -> Event:
    return Event(_NOTED.get(note.action, note.action), note.at, f"{note.by}: {note.reason}")


def _undated(case: Case) -> Iterator[Event]:
    """Yield what the row says of its present state without a date."""
    row = case.row
    if row.attempts:
        held = row.pending and not row.parked and isinstance(row.retry_at, datetime)
        next_one = f"; the next not before {row.retry_at:%Y-%m-%d %H:%M:%S} UTC" if held else ""
        yield Event(ATTEMPTS_FAILED, None, f"{row.attempts}{next_one}")
    if row.pending and row.parked and not isinstance(row.parked_at, datetime):
        yield Event(PARKED, None, str(row.failure or ""))


def _spaced(events: Iterable[Event]) -> Iterator[Event]:
    before: datetime | None = None
    for event in events:
        after = event.at - before if event.at and before else None
        milliseconds = None if after is None else max(0, round(after.total_seconds() * 1_000))
        yield Event(event.name, event.at, event.detail, milliseconds)
        before = event.at
