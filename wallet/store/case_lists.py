"""Lists of transfers for operators, each a walk of an index and bounded in time."""

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
from wallet.rules.partition import PARTITIONS, partition_of
from wallet.store import lenient, rows
from wallet.store.client import OPERATION_S, Document
from wallet.store.faults import renamed

_EVERYWHERE = list(range(PARTITIONS))
_ENTRIES_AT_A_TIME = 200
_MOST_ENTRIES = 5_000
"""Of a wallet's latest entries so many are looked through for settled transfers."""


class View(StrEnum):
    """Transfers by where they are in their life; ``WAITING`` and ``PARKED`` together are PENDING."""

    WAITING = "waiting"
    PARKED = "parked"
    FAILED = "failed"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which transfers; ``None`` is any."""

    sender: UUID | None = None
    target: UUID | None = None
    request_id: str | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of a list starts: at this date, after so many rows of it."""

    date: datetime
    shown: int


_NEWEST_FIRST = frozenset({View.FAILED, View.SETTLED})
ANY = Wanted()


class CaseLists:
    """Those that wait come oldest first, those that ended newest first."""

    def __init__(self, database: Database[Document], *, bound_s: float = OPERATION_S) -> None:
        self._transfers = database["transfers"].with_options(codec_options=lenient.RAW)
        self._entries = database["entries"]
        self._bound_s = bound_s

    def page(self, view: View, limit: int, wanted: Wanted = ANY, start: Place | None = None) -> list[Row]:
        """Return up to ``limit`` transfers of ``view``, from ``start`` on.

        Settled ones are found through the ledger of their sender or target: one of them must be wanted.

        Raises:
            Unavailable: it took too long, or the store cannot answer now.
        """
        with renamed(), pymongo.timeout(self._bound_s):
            if view is View.SETTLED:
                return list(islice(self._settled(wanted), limit))
            direction = -1 if view in _NEWEST_FIRST else 1
            query = _IN_VIEW[view] | _matching(view, wanted) | _dated(wanted, start, direction)
            return self._read(
                query,
                sort=[("date", direction)],
                skip=start.shown if start else 0,
                limit=limit,
                hint=_index(view, wanted),
            )

    def _settled(self, wanted: Wanted) -> Iterator[Row]:
        for batch in self._operations(wanted):
            found = {row.id: row for row in self._read({"_id": {"$in": batch}})}
            yield from (found[one] for one in batch if one in found and _fits(found[one], wanted))

    def _operations(self, wanted: Wanted) -> Iterator[list[UUID]]:
        """Yield the ids of the transfers of one wallet, newest first, a batch at a time."""
        query: Document = {"wallet": wanted.sender, "kind": Kind.TRANSFER_OUT.value}
        if wanted.sender is None:
            query = {"wallet": wanted.target, "kind": Kind.TRANSFER_IN.value}
        found = self._entries.find(query, {"_id": True}, sort=[("seq", -1)], limit=_MOST_ENTRIES)
        operations = (entry["_id"]["operation"] for entry in found)
        while batch := list(islice(operations, _ENTRIES_AT_A_TIME)):
            yield batch

    def _read(self, query: Document, **how: Any) -> list[Row]:
        found = self._transfers.find(query, **how)
        return [rows.row(lenient.decode(bytes(document.raw))) for document in found]


_IN_VIEW: dict[View, Document] = {
    # The partition lets the index of the queue serve it.
    View.WAITING: {
        "status": TransferStatus.PENDING.value,
        "parked": {"$ne": True},
        "partition": {"$in": _EVERYWHERE},
    },
    View.PARKED: {"status": TransferStatus.PENDING.value, "parked": True},
    View.FAILED: {"status": TransferStatus.FAILED.value},
}


def _matching(view: View, wanted: Wanted) -> Document:
    named = {"sender": wanted.sender, "target": wanted.target, "request_id": wanted.request_id}
    query: Document = {field: value for field, value in named.items() if value is not None}
    if view is View.WAITING and wanted.target is not None:
        query["partition"] = partition_of(wanted.target)
    return query


def _index(view: View, wanted: Wanted) -> str:
    """Return the index to walk: on a small collection the planner cannot tell them apart."""
    if view is View.WAITING:
        return "pending"
    if view is View.PARKED:
        return "parked"
    fields = ("request_id", "sender", "target")
    return next((f"failed_{one}" for one in fields if getattr(wanted, one) is not None), "failed")


def _dated(wanted: Wanted, start: Place | None, direction: int) -> Document:
    bounds: Document = {}
    if wanted.since is not None:
        bounds["$gte"] = wanted.since
    if start is not None and direction < 0:
        bounds["$lte"] = start.date
    if start is not None and direction > 0:
        bounds["$gte"] = max(start.date, wanted.since or start.date)
    return {"date": bounds} if bounds else {}


def _fits(row: Row, wanted: Wanted) -> bool:
    return (
        row.status == TransferStatus.SUCCESS.value
        and wanted.sender in (None, row.sender)
        and wanted.target in (None, row.target)
        and wanted.request_id in (None, row.request_id)
        and (wanted.since is None or row.date >= wanted.since)
    )


def place_after(page: Sequence[Row], start: Place | None) -> Place | None:
    """Return where the page after ``page`` starts; ``None`` when its last row has no date to go by."""
    date = page[-1].date if page else None
    if not isinstance(date, datetime):
        return None
    shown = sum(row.date == date for row in page)
    # A page full of one date: those of the pages before it count as well.
    return Place(date, shown + (start.shown if start and start.date == date else 0))
