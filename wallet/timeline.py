"""A transfer's life as a list of events, from what is written down about it. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from wallet.cases import Action, Case, Note
from wallet.models import Kind

ACCEPTED = "accepted"
ATTEMPTS_FAILED = "attempts failed"
PARKED = "parked"
_ENDS = {Kind.TRANSFER_IN: "settled", Kind.REFUND: "refunded"}
_NOTED = {
    Action.RETRY.value: "retried by an operator",
    Action.FAIL.value: "failed by an operator",
    Action.PARK.value: "parked by an operator",
}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened; ``at`` is ``None`` when nobody wrote down when."""

    name: str
    at: datetime | None
    detail: str = ""
    after_ms: int | None = None
    """Since the event before it whose time is known."""


def timeline(case: Case, witnessed: Iterable[Event] = ()) -> list[Event]:
    """Return the events of ``case`` in order; ``witnessed`` are those that only a watcher remembers."""
    timed = sorted(
        (event for event in (*_written(case), *witnessed) if event.at is not None),
        key=attrgetter("at"),
    )
    return [*_spaced(timed), *_undated(case)]


def _written(case: Case) -> Iterator[Event]:
    row = case.row
    if case.taken is not None:
        yield Event(ACCEPTED, case.taken.date)
    elif isinstance(row.date, datetime):
        yield Event("queued without a debit", row.date)
    yield from map(_noted, row.notes)  # first: when times are equal, the deed is before its effect
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
    if row.pending and row.parked:
        yield Event(PARKED, None, str(row.failure or ""))


def _spaced(events: Iterable[Event]) -> Iterator[Event]:
    before: datetime | None = None
    for event in events:
        after = event.at - before if event.at and before else None
        milliseconds = None if after is None else round(after.total_seconds() * 1_000)
        yield Event(event.name, event.at, event.detail, milliseconds)
        before = event.at
