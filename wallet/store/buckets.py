"""Buckets of rates, shared by all pods: one moment each, in a collection that forgets those that are full."""

import pymongo
from pymongo import WriteConcern
from pymongo.database import Database

from wallet.rules.rate import Rate
from wallet.store.client import OPERATION_S, Document
from wallet.store.faults import renamed


class Buckets:
    """The collection ``buckets``. Time is the server's.

    A write waits for no majority: what an election forgets is a few requests of a minute, and waiting for the
    journal would cost more than the rest.
    """

    def __init__(self, database: Database[Document]) -> None:
        self._buckets = database.get_collection("buckets", write_concern=WriteConcern(1))

    def take(self, key: str, rate: Rate, count: int = 1) -> float:
        """Take ``count`` out of the bucket ``key``; return 0, or the seconds until there will be so many."""
        wanted_ms = rate.interval_ms * count
        after = {"$add": [{"$max": ["$$NOW", "$full_at"]}, wanted_ms]}
        fits = {"$lte": [after, {"$add": ["$$NOW", rate.span_ms]}]}
        taken = {"$set": {"full_at": {"$cond": [fits, after, "$full_at"]}}}
        # As it was before: what did not fit is not written at all, so that a flood costs a look each.
        with renamed(), pymongo.timeout(OPERATION_S):
            before = self._buckets.find_one_and_update(
                {"_id": key},
                [taken],
                projection={"left_ms": {"$subtract": ["$full_at", "$$NOW"]}},
                upsert=True,
            )
        left_ms = max(0, int(before["left_ms"])) if before else 0
        return max(0, left_ms + wanted_ms - rate.span_ms) / 1_000

    def correct(self, key: str, rate: Rate, more: int) -> None:
        """Take ``more`` than was taken, even if that is not there, or give back when it is below 0."""
        moved = {"$set": {"full_at": {"$add": ["$full_at", rate.interval_ms * more]}}}
        with renamed(), pymongo.timeout(OPERATION_S):
            self._buckets.update_one({"_id": key}, [moved])
