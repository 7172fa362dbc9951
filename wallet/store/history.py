"""Reads of a wallet's own entries and of single transfers."""

from collections.abc import Iterator, Mapping
from uuid import UUID

import pymongo
from pymongo.database import Database

from wallet.models import Entry, Kind, Line, Transfer, TransferStatus
from wallet.store import documents
from wallet.store.client import OPERATION_S, Document
from wallet.store.faults import renamed


class HistoryStore:
    """One walk of the index (wallet, seq), newest first; the status of transfers joined a page at a time."""

    def __init__(self, database: Database[Document]) -> None:
        self._entries = database["entries"]
        self._transfers = database["transfers"]
        self._wallets = database["wallets"]

    def knows(self, wallet: UUID) -> bool:
        with renamed(), pymongo.timeout(OPERATION_S):
            return self._wallets.find_one({"_id": wallet}, projection={"_id": True}) is not None

    def page(self, wallet: UUID, limit: int, before: int | None = None) -> list[Line]:
        """Return up to ``limit`` lines whose seq is below ``before``, newest first."""
        query: Document = {"wallet": wallet}
        if before is not None:
            query["seq"] = {"$lt": before}
        with renamed(), pymongo.timeout(OPERATION_S):
            found = self._entries.find(query, sort=[("seq", -1)], limit=limit, batch_size=limit + 1)
            entries = [documents.entry(document) for document in found]
            return self._with_status(entries)

    def after(self, wallet: UUID, seq: int, limit: int) -> list[Line]:
        """Return up to ``limit`` lines whose seq is above ``seq``, oldest first."""
        query = {"wallet": wallet, "seq": {"$gt": seq}}
        with renamed(), pymongo.timeout(OPERATION_S):
            found = self._entries.find(query, sort=[("seq", 1)], limit=limit, batch_size=limit + 1)
            return self._with_status([documents.entry(document) for document in found])

    def last_seq(self, wallet: UUID) -> int | None:
        """Return the number of the last entry of a wallet, 0 without any; ``None`` without a wallet."""
        with renamed(), pymongo.timeout(OPERATION_S):
            found = self._wallets.find_one({"_id": wallet}, projection={"seq": True})
        return int(found["seq"]) if found else None

    def walk(self, wallet: UUID, page_size: int, before: int | None = None) -> Iterator[list[Line]]:
        """Yield all lines in pages, newest first, in constant memory; what comes meanwhile is left out."""
        while page := self.page(wallet, page_size, before):
            yield page
            before = page[-1].entry.seq

    def transfer(self, transfer_id: UUID) -> Transfer | None:
        with renamed(), pymongo.timeout(OPERATION_S):
            document = self._transfers.find_one({"_id": transfer_id})
        return documents.transfer(document) if document else None

    def _with_status(self, entries: list[Entry]) -> list[Line]:
        sent = [entry.operation for entry in entries if entry.kind is Kind.TRANSFER_OUT]
        statuses = self._statuses(sent) if sent else {}
        return [Line(entry, _status(entry, statuses)) for entry in entries]

    def _statuses(self, transfers: list[UUID]) -> dict[UUID, TransferStatus]:
        found = self._transfers.find(
            {"_id": {"$in": transfers}}, projection={"status": True}, batch_size=len(transfers) + 1
        )
        return {row["_id"]: TransferStatus(row["status"]) for row in found}


def _status(entry: Entry, transfers: Mapping[UUID, TransferStatus]) -> TransferStatus:
    """Return what became of ``entry``: only a transfer sent can be under way or have failed."""
    if entry.kind is not Kind.TRANSFER_OUT:
        return TransferStatus.SUCCESS
    return transfers.get(entry.operation, TransferStatus.PENDING)
