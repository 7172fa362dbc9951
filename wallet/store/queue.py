"""The queue: the transfers that are still pending. The row is the queue, nothing else remembers it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bson import Int64
from pymongo.database import Database

from wallet.models import TransferStatus
from wallet.rules.partition import PARTITIONS
from wallet.settlement import Pending
from wallet.store import lenient
from wallet.store.client import Document
from wallet.store.faults import renamed

_PENDING = {"status": TransferStatus.PENDING.value}
# Times are compared on the server: a watcher's clock decides nothing.
_DUE = {"parked": {"$ne": True}, "$expr": {"$lte": ["$retry_at", "$$NOW"]}}
_MOST_ATTEMPTS = Int64(16)
_FAULTS_KEPT = 16
_PARKED = {"$eq": ["$parked", True]}
_WAITS_SINCE = {"$and": [{"$ne": ["$parked", True]}, {"$eq": [{"$type": "$date"}, "date"]}]}
_BACKLOG: list[Document] = [
    {"$match": _PENDING},
    {
        "$group": {
            "_id": None,
            "depth": {"$sum": {"$cond": [_PARKED, 0, 1]}},
            "parked": {"$sum": {"$cond": [_PARKED, 1, 0]}},
            "rupiah": {"$sum": "$amount"},  # what is no number counts nothing
            "oldest": {"$min": {"$cond": [_WAITS_SINCE, "$date", None]}},
        }
    },
    {"$unset": "_id"},
]


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many transfers wait, since when the oldest does, how many are parked, and the money of them all."""

    depth: int = 0
    oldest: datetime | None = None
    parked: int = 0
    rupiah: int = 0


class Queue:
    """Reads of the collection ``transfers`` that one partial index serves, and the marks of a retry.

    The index is sorted by date. Look into it seldom, and not far back: until the server cleans up, it walks
    over every transfer settled in the last minutes, which takes up to a second after a busy time. ``since``
    spares it that. Rows whose ids are known are read by them.
    """

    def __init__(self, database: Database[Document]) -> None:
        self._transfers = database["transfers"]

    def pending(
        self,
        partitions: Collection[int],
        limit: int,
        *,
        since: datetime | None = None,
        overdue: datetime | None = None,
    ) -> Pending:
        """Return the oldest pending transfers that are a watcher's to execute.

        Args:
            partitions: its own. What is in no partition at all, written by another hand, is everybody's.
            limit: rows, at most.
            since: leave out what is dated before.
            overdue: what is dated before is everybody's too.
        """
        reach = _within_reach(partitions, since, overdue)
        return self._read(reach, limit, sort=[("date", 1)], hint="pending")

    def named(self, ids: Collection[Any]) -> Pending:
        """Return those of ``ids`` that are pending."""
        return self._read({"_id": {"$in": list(ids)}}, len(ids))

    def retry_later(self, transfer_id: Any, delay_s: float, reason: str) -> int:
        """Count a failed attempt, write down when and why it failed, and return the attempts so far.

        The transfer is held back for ``delay_s`` after the first attempt, twice as long after each next.
        """
        # A count that cannot be true counts as many: it must not break the arithmetic, again and again.
        so_far = {"$max": [Int64(0), {"$min": ["$attempts", _MOST_ATTEMPTS]}]}
        delay_ms = {"$multiply": [int(delay_s * 1_000), {"$pow": [2, so_far]}]}
        later = {"$add": ["$$NOW", delay_ms]}
        attempts = {"$add": [so_far, 1]}
        # What is no list, written by another hand, must not break the update either.
        before = {"$cond": [{"$isArray": "$faults"}, "$faults", []]}
        faults = {"$slice": [{"$concatArrays": [before, [{"at": "$$NOW", "reason": reason}]]}, -_FAULTS_KEPT]}
        with renamed():
            row = self._transfers.find_one_and_update(
                _PENDING | {"_id": transfer_id},
                [{"$set": {"attempts": attempts, "retry_at": later, "faults": faults}}],
                projection={"attempts": True},
                return_document=True,
            )
        return int(row["attempts"]) if row else 0

    def park(self, transfer_id: Any, reason: str) -> None:
        """Take a transfer out of the watchers' hands until an operator decides. It stays pending."""
        with renamed():
            self._transfers.update_one(
                _PENDING | {"_id": transfer_id},
                [{"$set": {"parked": True, "failure": reason, "parked_at": "$$NOW"}}],
            )

    def backlog(self) -> Backlog:
        """Return the state of the queue in one look; parked ones are no part of its depth and age."""
        with renamed():
            # The hint: without a date in the query, the planner would read every transfer ever made.
            found = self._transfers.aggregate(_BACKLOG, hint="pending").to_list(1)
        return Backlog(**found[0]) if found else Backlog()

    def _read(self, where: Document, limit: int, **order: Any) -> Pending:
        find = {"filter": _PENDING | where | _DUE, "limit": limit, "batch_size": limit + 1, **order}
        with renamed():
            return Pending(*lenient.transfers(self._transfers, **find))


def _within_reach(partitions: Collection[int], since: datetime | None, overdue: datetime | None) -> Document:
    foreign = sorted(set(range(PARTITIONS)).difference(partitions))
    reach: Document = {"date": {"$gte": since}} if since else {}
    if foreign:
        mine: list[Document] = [{"partition": {"$nin": foreign}}]
        reach["$or"] = [*mine, {"date": {"$lt": overdue}}] if overdue else mine
    return reach
