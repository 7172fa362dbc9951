"""Transfers, for people and for programs. Dates are UTC."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from wallet.cases import Case, Note, Row
from wallet.foresight import EXPLANATIONS, Prospect
from wallet.models import Entry
from wallet.timeline import Event, timeline

Json = dict[str, Any]


def dumps(document: Any) -> str:
    return orjson.dumps(document, default=str).decode()


def moment(value: Any) -> str:
    """Return a date in milliseconds, or whatever stands in its place."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    return "-" if value is None else repr(value)


def rupiah(value: Any) -> str:
    return f"Rp {value:,}" if isinstance(value, int) else repr(value)


def state(row: Row) -> str:
    return "PARKED" if row.pending and row.parked else str(row.status)


def why(row: Row) -> str:
    return EXPLANATIONS.get(str(row.failure), str(row.failure)) if row.failure else ""


def rows_as_text(rows: Sequence[Row]) -> str:
    """Return a line each under a heading."""
    heading = f"{'accepted (UTC)':<23}  {'transfer':<36}  {'state':<7}  {'amount':>16}  reason"
    return "\n".join((heading, *map(_line, rows))) if rows else "none"


def _line(row: Row) -> str:
    columns = f"{moment(row.date):<23}  {row.id!s:<36}  {state(row):<7}  {rupiah(row.amount):>16}"
    return f"{columns}  {row.failure or ''}".rstrip()


def row_as_json(row: Row) -> Json:
    return {
        "id": row.id,
        "sender": row.sender,
        "target": row.target,
        "amount": row.amount,
        "status": row.status,
        "parked": row.parked,
        "failure": row.failure,
        "attempts": row.attempts,
        "retry_at": row.retry_at,
        "date": row.date,
        "settled_at": row.settled_at,
        "partition": row.partition,
        "request_id": row.request_id,
        "fault": row.fault,
        "operations": list(map(_note_as_json, row.notes)),
    }


def _note_as_json(note: Note) -> Json:
    return {"action": note.action, "by": note.by, "reason": note.reason, "at": note.at}


def case_as_json(case: Case) -> Json:
    entries = [entry for entry in (case.debit, case.credit) if entry]
    return {
        "transfer": row_as_json(case.row),
        "entries": list(map(entry_as_json, entries)),
        "timeline": [_event_as_json(event) for event in timeline(case)],
    }


def entry_as_json(entry: Entry) -> Json:
    return {
        "kind": entry.kind,
        "wallet": entry.wallet,
        "seq": entry.seq,
        "amount": entry.amount,
        "before": entry.before,
        "after": entry.after,
        "date": entry.date,
    }


def _event_as_json(event: Event) -> Json:
    return {"name": event.name, "at": event.at, "after_ms": event.after_ms, "detail": event.detail}


def prospect_as_json(transfer_id: Any, prospect: Prospect) -> Json:
    return {
        "id": transfer_id,
        "action": prospect.action,
        "dry_run": True,
        "would_be": prospect.fate,
        "reason": prospect.reason,
        "sentence": prospect.sentence,
        "entry": entry_as_json(prospect.entry) if prospect.entry else None,
    }


def case_as_text(case: Case) -> str:
    return "\n".join([*_row_lines(case.row), "", *_entry_lines(case), "", *_timeline_lines(case)])


def _row_lines(row: Row) -> Iterator[str]:
    facts: Iterable[tuple[str, Any]] = (
        ("transfer", row.id),
        ("state", f"{state(row)}{f': {why(row)}' if why(row) else ''}"),
        ("amount", rupiah(row.amount)),
        ("sender", row.sender),
        ("target", f"{row.target} (partition {row.partition})"),
        ("attempts", row.attempts),
        ("request id", row.request_id),
        *((("cannot be read", row.fault),) if row.fault else ()),
    )
    return (f"{name:<14}  {value}" for name, value in facts)


def _entry_lines(case: Case) -> Iterator[str]:
    yield "ledger"
    entries = [entry for entry in (case.debit, case.credit) if entry]
    yield from (f"  {entry_line(entry)}" for entry in entries)
    if not entries:
        yield "  nothing: no money was ever taken for it"


def entry_line(entry: Entry) -> str:
    return (
        f"{entry.kind:<12}  {rupiah(entry.amount)}  wallet {entry.wallet}"
        f"  balance {rupiah(entry.before)} -> {rupiah(entry.after)}"
    )


def _timeline_lines(case: Case) -> Iterator[str]:
    yield "timeline (UTC)"
    for event in timeline(case):
        after = "" if event.after_ms is None else f"+{event.after_ms:,} ms"
        yield f"  {moment(event.at):<23}  {after:>14}  {event.name}  {event.detail}".rstrip()


def prospect_as_text(transfer_id: Any, prospect: Prospect) -> str:
    lines = [f"{transfer_id}  {prospect.action}: {prospect.sentence}"]
    if prospect.entry:
        lines.append(f"  {entry_line(prospect.entry)}")
    return "\n".join(lines)
