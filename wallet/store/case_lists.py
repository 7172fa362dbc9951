"""Lists of transfers for operators, each a bounded walk of an index that costs the hot path nothing.

An index of ``transfers`` would be cheap to look at and dear to have: the server considers each one whenever
a row is settled, also when the row never enters it. So those that wait are found by the index of the queue,
and those that ended by the ledger, where an entry is written once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Any
from uuid import UUID

import pymongo
from pymongo.database import Database

from wallet.cases import Row
from wallet.models import Kind, TransferStatus
from wallet.rules.partition import partition_of
from wallet.store import lenient, rows
from wallet.store.client import OPERATION_S, Document
from wallet.store.faults import renamed

MOST_LOOKED_AT = 20_000
"""Of those that wait so many are looked through, the oldest; what is parked is old as a rule."""

_MOST_ENTRIES = 5_000
"""Of the ledger so many are looked through, the newest."""

_ENTRIES_AT_A_TIME = 200


class View(StrEnum):
    """Transfers by where they are in their life; ``WAITING`` and ``PARKED`` together are PENDING."""

    WAITING = "waiting"
    PARKED = "parked"
    FAILED = "failed"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which transfers; ``None`` is any. ``since`` is when they were accepted."""

    sender: UUID | None = None
    target: UUID | None = None
    request_id: str | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of a list starts: at this date, after so many rows of it."""

    date: datetime
    shown: int


ANY = Wanted()


class CaseLists:
    """Those that wait come oldest first, those that ended newest first."""

    def __init__(self, database: Database[Document], *, bound_s: float = OPERATION_S) -> None:
        self._transfers = database["transfers"].with_options(codec_options=lenient.RAW)
        self._entries = database["entries"]
        self._bound_s = bound_s

    def page(self, view: View, limit: int, wanted: Wanted = ANY, start: Place | None = None) -> list[Row]:
        """Return up to ``limit`` transfers of ``view``, from ``start`` on when any is wanted.

        Settled ones are found through the ledger of their sender or target: one of them must be wanted.

        Raises:
            Unavailable: it took too long, or the store cannot answer now.
        """
        with renamed(), pymongo.timeout(self._bound_s):
            if view in _PENDING:
                return self._pending(view, limit, wanted, start)
            return list(islice(self._ended(view, wanted, start), limit))

    def _pending(self, view: View, limit: int, wanted: Wanted, start: Place | None) -> list[Row]:
        steps: list[Document] = [
            {"$match": _WAITS | _where(wanted) | _since(wanted, start)},
            {"$sort": {"date": 1}},
            {"$limit": MOST_LOOKED_AT},
            {"$match": _PENDING[view] | _named(wanted)},
            {"$skip": start.shown if start else 0},
            {"$limit": limit},
        ]
        return [_row(found) for found in self._transfers.aggregate(steps, hint="pending")]

    def _ended(self, view: View, wanted: Wanted, start: Place | None) -> Iterator[Row]:
        entries = self._entries.find(
            projection={"_id": True}, limit=_MOST_ENTRIES, **_walk(view, wanted, start)
        )
        operations = (entry["_id"]["operation"] for entry in entries)
        while batch := list(islice(operations, _ENTRIES_AT_A_TIME)):
            found = {row.id: row for row in map(_row, self._transfers.find({"_id": {"$in": batch}}))}
            yield from (found[one] for one in batch if one in found and _fits(found[one], view, wanted))


_WAITS = {"status": TransferStatus.PENDING.value}
_PENDING: dict[View, Document] = {View.WAITING: {"parked": {"$ne": True}}, View.PARKED: {"parked": True}}
_ENDED = {View.FAILED: TransferStatus.FAILED.value, View.SETTLED: TransferStatus.SUCCESS.value}


def _row(found: Any) -> Row:
    return rows.row(lenient.decode(bytes(found.raw)))


def _where(wanted: Wanted) -> Document:
    """Return the one partition that a row of the queue for this target is in."""
    return {} if wanted.target is None else {"partition": partition_of(wanted.target)}


def _since(wanted: Wanted, start: Place | None) -> Document:
    bounds = [date for date in (wanted.since, start.date if start else None) if date is not None]
    return {"date": {"$gte": max(bounds)}} if bounds else {}


def _named(wanted: Wanted) -> Document:
    named = {"sender": wanted.sender, "target": wanted.target, "request_id": wanted.request_id}
    return {field: value for field, value in named.items() if value is not None}


def _walk(view: View, wanted: Wanted, start: Place | None) -> Document:
    """Return how to walk through the entries that tell of ``view``, newest first."""
    if view is View.FAILED and wanted.sender is None:
        query: Document = {"kind": Kind.REFUND.value}
        if start is not None:
            query["date"] = {"$lte": start.date}
        skip = start.shown if start else 0
        return {"filter": query, "sort": [("date", -1)], "skip": skip, "hint": "refunds"}
    kind = Kind.REFUND if view is View.FAILED else Kind.TRANSFER_OUT if wanted.sender else Kind.TRANSFER_IN
    wallet = wanted.sender or wanted.target
    return {"filter": {"wallet": wallet, "kind": kind.value}, "sort": [("seq", -1)], "hint": "wallet_seq"}


def _fits(row: Row, view: View, wanted: Wanted) -> bool:
    return (
        row.status == _ENDED[view]
        and wanted.sender in (None, row.sender)
        and wanted.target in (None, row.target)
        and wanted.request_id in (None, row.request_id)
        and (wanted.since is None or row.date >= wanted.since)
    )


def place_after(view: View, page: Sequence[Row], start: Place | None) -> Place | None:
    """Return where the page after ``page`` starts; ``None`` when its last row has no date to go by."""
    dates = [row.settled_at if view is View.FAILED else row.date for row in page]
    if not dates or not isinstance(dates[-1], datetime):
        return None
    shown = dates.count(dates[-1])
    # A page full of one date: those of the pages before it count as well.
    return Place(dates[-1], shown + (start.shown if start and start.date == dates[-1] else 0))
