"""Counts and adds up the whole queue, by partition."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pymongo
from pymongo.database import Database

from wallet.models import TransferStatus
from wallet.store.client import OPERATION_S, Document
from wallet.store.faults import renamed

_WAITS = {"$ne": ["$parked", True]}


@dataclass(frozen=True, slots=True)
class Crowd:
    """The pending transfers of one partition; amounts in rupiah."""

    partition: Any
    """What the rows say: ``None`` or nonsense when another hand wrote them."""
    waiting: int
    parked: int
    rupiah: int
    oldest: datetime | None
    """The date of the oldest that waits."""


class Census:
    """One walk over all that is pending: for operators, not for every five seconds."""

    def __init__(self, database: Database[Document], *, bound_s: float = OPERATION_S) -> None:
        self._transfers = database["transfers"]
        self._bound_s = bound_s

    def crowds(self) -> list[Crowd]:
        """Return the partitions that hold something, in order.

        Raises:
            Unavailable: the queue is too long to be added up in time, or the store cannot answer.
        """
        sums: list[Document] = [
            {"$match": {"status": TransferStatus.PENDING.value}},
            {
                "$group": {
                    "_id": "$partition",
                    "waiting": {"$sum": {"$cond": [_WAITS, 1, 0]}},
                    "parked": {"$sum": {"$cond": [_WAITS, 0, 1]}},
                    "rupiah": {"$sum": "$amount"},
                    "oldest": {"$min": {"$cond": [_WAITS, "$date", None]}},
                }
            },
            {"$sort": {"_id": 1}},
        ]
        with renamed(), pymongo.timeout(self._bound_s):
            # The hint: without a date in the query, the planner would read every transfer ever made.
            return [_crowd(one) for one in self._transfers.aggregate(sums, hint="pending")]


def _crowd(document: Document) -> Crowd:
    return Crowd(
        partition=document["_id"],
        waiting=document["waiting"],
        parked=document["parked"],
        rupiah=int(document["rupiah"]),
        oldest=document["oldest"],
    )
