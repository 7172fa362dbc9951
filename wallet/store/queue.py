"""The queue: the transfers that are still pending. The row is the queue, nothing else remembers it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo.database import Database

from wallet.errors import MalformedDocument
from wallet.models import Transfer, TransferStatus
from wallet.rules.partition import PARTITIONS
from wallet.settlement import Pending
from wallet.store import documents
from wallet.store.client import Document
from wallet.store.faults import renamed

_PENDING = {"status": TransferStatus.PENDING.value}
# Times are compared on the server: a watcher's clock decides nothing.
_DUE = {"parked": {"$ne": True}, "$expr": {"$lte": ["$retry_at", "$$NOW"]}}
_OUT_OF_RANGE = {"$or": [{"partition": {"$not": {"$gte": 0}}}, {"partition": {"$gte": PARTITIONS}}]}


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many transfers wait and since when the oldest does."""

    depth: int
    oldest: datetime | None


class Queue:
    """Reads of the collection ``transfers`` that one partial index serves, and the marks of a retry."""

    def __init__(self, database: Database[Document]) -> None:
        self._transfers = database["transfers"]

    def pending(self, partitions: Sequence[int], limit: int) -> Pending:
        """Return the oldest pending transfers to receivers in ``partitions``."""
        return self._oldest({"partition": {"$in": partitions}}, limit)

    def overdue(self, before: datetime, limit: int) -> Pending:
        """Return transfers of any partition that have waited since ``before``."""
        query = {"partition": {"$in": list(range(PARTITIONS))}, "date": {"$lt": before}}
        return self._oldest(query, limit)

    def strays(self, limit: int) -> Pending:
        """Return pending rows that are in no partition: somebody else wrote them."""
        return self._oldest(_OUT_OF_RANGE, limit)

    def retry_later(self, transfer_id: Any, delay_s: float) -> int:
        """Count a failed attempt and return the attempts so far.

        The transfer is held back for ``delay_s`` after the first attempt, twice as long after each next.
        """
        delay_ms = {"$multiply": [int(delay_s * 1_000), {"$pow": [2, "$attempts"]}]}
        later = {"$add": ["$$NOW", delay_ms]}
        attempts = {"$add": ["$attempts", 1]}
        with renamed():
            row = self._transfers.find_one_and_update(
                _PENDING | {"_id": transfer_id},
                [{"$set": {"attempts": attempts, "retry_at": later}}],
                projection={"attempts": True},
                return_document=True,
            )
        return int(row["attempts"]) if row else 0

    def park(self, transfer_id: Any, reason: str) -> None:
        """Take a transfer out of the watchers' hands until an operator decides. It stays pending."""
        with renamed():
            self._transfers.update_one(
                _PENDING | {"_id": transfer_id}, {"$set": {"parked": True, "failure": reason}}
            )

    def backlog(self) -> Backlog:
        """Return the depth of the queue and the date of the oldest transfer in it; parked ones apart."""
        with renamed():
            depth = self._transfers.count_documents(_PENDING | {"parked": {"$ne": True}})
            oldest = self._transfers.find_one(
                _PENDING | {"partition": {"$in": list(range(PARTITIONS))}, "parked": {"$ne": True}},
                projection={"date": True},
                sort=[("date", 1)],
            )
        return Backlog(depth, oldest["date"] if oldest else None)

    def _oldest(self, where: Document, limit: int) -> Pending:
        with renamed():
            found = self._transfers.find(
                _PENDING | where | _DUE, sort=[("date", 1)], limit=limit, batch_size=limit + 1
            )
            return _read(found)


def _read(rows: Iterable[Document]) -> Pending:
    transfers: list[Transfer] = []
    malformed: list[Any] = []
    for row in rows:
        try:
            transfers.append(documents.transfer(row))
        except MalformedDocument:
            malformed.append(row["_id"])
    return Pending(transfers, malformed)
