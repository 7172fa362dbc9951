"""Reads of a wallet's own entries and of single transfers."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

import pymongo
from pymongo.cursor import Cursor
from pymongo.database import Database

from wallet.models import Entry, Kind, Line, Transfer, TransferStatus
from wallet.rules.filters import Filter
from wallet.store import documents
from wallet.store.client import OPERATION_S, Document
from wallet.store.faults import renamed
from wallet.store.filters import conditions

MOST_LOOKED_AT = 50_000
"""Entries, in one look."""

MOST_JOINED = 5_000
"""Entries whose transfers' status is asked for in one look, when only some are wanted."""

_JOINED_AT_A_TIME = 500

_STATUSES = {"$in": [status.value for status in TransferStatus]}
"""Whatever else another hand wrote is no end of a transfer."""


@dataclass(frozen=True, slots=True)
class Found:
    """Lines, newest first, and the seq below which the next look starts; ``None`` when all was looked at."""

    lines: list[Line]
    before: int | None
    settled: bool
    """Whether the same look finds the same for ever: nothing that it saw is still under way."""


class _Look:
    """What one look has seen so far, and what of it is wanted."""

    def __init__(self, seqs: range, status: TransferStatus | None, limit: int) -> None:
        self.seqs = seqs
        self.fitting: list[Line] = []
        self.settled = True
        self._status = status
        self._limit = limit
        self._lowest = seqs.stop
        self._seen = 0
        # Without a status to wait for, whatever comes is wanted; one more tells whether there are others.
        self.most = limit + 1 if status is None else MOST_JOINED
        self.at_a_time = limit + 1 if status is None else _JOINED_AT_A_TIME

    @property
    def enough(self) -> bool:
        return len(self.fitting) > self._limit

    @property
    def before(self) -> int:
        """The seq below which to look on."""
        if self.enough:
            return self.fitting[self._limit - 1].entry.seq
        return self._lowest if self._seen == self.most else self.seqs.start

    def take(self, lines: list[Line]) -> None:
        self.fitting += (line for line in lines if self._status in (None, line.status))
        self.settled &= all(line.status is not TransferStatus.PENDING for line in lines)
        self._lowest = lines[-1].entry.seq
        self._seen += len(lines)


class HistoryStore:
    """One walk of the index (wallet, seq), newest first; the status of transfers joined a page at a time.

    There is no index for any filter, for each would slow every transfer. Instead a look has an end: it may
    find less than is wanted, or nothing, and say where to look on.
    """

    def __init__(self, database: Database[Document]) -> None:
        self._entries = database["entries"]
        self._transfers = database["transfers"]
        self._wallets = database["wallets"]

    def last_seq(self, wallet: UUID) -> int | None:
        """Return the number of the last entry of a wallet, 0 without any; ``None`` without a wallet."""
        with renamed(), pymongo.timeout(OPERATION_S):
            found = self._wallets.find_one({"_id": wallet}, projection={"seq": True})
        return int(found["seq"]) if found else None

    def find(self, wallet: UUID, span: range, wanted: Filter, limit: int) -> Found:
        """Look for up to ``limit`` lines among the seqs in ``span``, from its end on."""
        if not span or not wanted.kinds:
            return Found([], None, settled=True)
        look = _Look(span[-MOST_LOOKED_AT:], wanted.status, limit)
        with renamed(), pymongo.timeout(OPERATION_S), self._walk(wallet, wanted, look) as found:
            while not look.enough and (some := list(islice(found, look.at_a_time))):
                look.take(self._with_status([documents.entry(document) for document in some]))
        before = look.before
        return Found(look.fitting[:limit], before if before > span.start else None, look.settled)

    def _walk(self, wallet: UUID, wanted: Filter, look: "_Look") -> Cursor[Document]:
        return self._entries.find(
            conditions(wanted) | {"wallet": wallet, "seq": {"$gte": look.seqs.start, "$lt": look.seqs.stop}},
            sort=[("seq", -1)],
            limit=look.most,
            batch_size=look.at_a_time + 1,
            hint="wallet_seq",
        )

    def after(self, wallet: UUID, seq: int, limit: int) -> list[Line]:
        """Return up to ``limit`` lines whose seq is above ``seq``, oldest first."""
        query = {"wallet": wallet, "seq": {"$gt": seq}}
        with renamed(), pymongo.timeout(OPERATION_S):
            found = self._entries.find(query, sort=[("seq", 1)], limit=limit, batch_size=limit + 1)
            return self._with_status([documents.entry(document) for document in found])

    def transfer(self, transfer_id: UUID) -> Transfer | None:
        with renamed(), pymongo.timeout(OPERATION_S):
            document = self._transfers.find_one({"_id": transfer_id})
        return documents.transfer(document) if document else None

    def _with_status(self, entries: list[Entry]) -> list[Line]:
        sent = [entry.operation for entry in entries if entry.kind is Kind.TRANSFER_OUT]
        statuses = self._statuses(sent) if sent else {}
        return [Line(entry, _status(entry, statuses)) for entry in entries]

    def _statuses(self, transfers: list[UUID]) -> dict[UUID, TransferStatus]:
        wanted = {"_id": {"$in": transfers}, "status": _STATUSES}
        found = self._transfers.find(wanted, projection={"status": True}, batch_size=len(transfers) + 1)
        return {row["_id"]: TransferStatus(row["status"]) for row in found}


def _status(entry: Entry, transfers: Mapping[UUID, TransferStatus]) -> TransferStatus:
    """Return what became of ``entry``: only a transfer sent can be under way or have failed."""
    if entry.kind is not Kind.TRANSFER_OUT:
        return TransferStatus.SUCCESS
    return transfers.get(entry.operation, TransferStatus.PENDING)
