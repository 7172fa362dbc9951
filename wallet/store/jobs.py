"""The collection ``jobs``: exports that wait, who works on which, and what became of them.

An export moves no money and made twice it is the same object, so a lease may decide who makes it.
Its times are the server's.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import pymongo
from bson import Int64
from pymongo.database import Database

from wallet.export_job import ExportJob, Failure, State
from wallet.store import documents
from wallet.store.client import OPERATION_S, Document
from wallet.store.faults import renamed

LEASE_S = 20.0
"""After this long without a sign of life, a job is anybody's again."""

_UNFINISHED = {"slot": {"$exists": True}}
_DUE = {"$expr": {"$lte": ["$due", "$$NOW"]}}
"""A new job has no date that it is due at, and what is missing is less than anything."""

_MOST_ATTEMPTS = Int64(1_000)
_WAITING: list[Document] = [
    {"$match": _UNFINISHED},
    {"$group": {"_id": None, "count": {"$sum": 1}, "oldest": {"$min": "$created_at"}}},
    {"$unset": "_id"},
]


@dataclass(frozen=True, slots=True)
class Claim:
    """A job in one's hands: who took it and for the how-manieth time, so that no two are the same."""

    id: Any
    holder: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many exports are not finished, and since when the oldest waits."""

    count: int = 0
    oldest: datetime | None = None


class Jobs:
    """Each method is one atomic operation."""

    def __init__(self, database: Database[Document]) -> None:
        self._jobs = database["jobs"]

    def add(self, job: ExportJob, slot: int) -> None:
        """Queue ``job`` in a slot of its user's.

        Raises:
            AlreadyExists: the id is there, or the slot is taken.
        """
        with renamed(), pymongo.timeout(OPERATION_S):
            self._jobs.insert_one({**documents.export_document(job), "slot": Int64(slot)})

    def by_id(self, job_id: UUID) -> ExportJob | None:
        """Return a job.

        Raises:
            MalformedDocument: it was written by another hand.
        """
        with renamed(), pymongo.timeout(OPERATION_S):
            found = self._jobs.find_one({"_id": job_id})
        return documents.export(found) if found else None

    def slots_taken(self, user: UUID) -> set[int]:
        """Return the slots of ``user`` in which an export is not finished."""
        wanted = {"user": user, **_UNFINISHED}
        with renamed(), pymongo.timeout(OPERATION_S):
            found = self._jobs.find(wanted, projection={"slot": True, "_id": False}, hint="unfinished")
            return {int(one["slot"]) for one in found}

    def claim(self, holder: str) -> Claim | None:
        """Take the oldest job that is due, as an attempt; ``None`` without one.

        Only its id is read: whatever else is in it, it is no longer in the way of the others.
        """
        # A count that cannot be true counts as many: it must not break the arithmetic, again and again.
        so_far = {"$max": [Int64(0), {"$min": ["$attempts", _MOST_ATTEMPTS]}]}
        taken = {
            "state": State.RUNNING.value,
            "holder": holder,
            "attempts": {"$add": [so_far, 1]},
            "started_at": "$$NOW",
            "due": _in(LEASE_S),
        }
        with renamed(), pymongo.timeout(OPERATION_S):
            row = self._jobs.find_one_and_update(
                _UNFINISHED | _DUE,
                [{"$set": taken}],
                sort=[("created_at", 1)],
                projection={"attempts": True},
                hint="waiting",
                return_document=True,
            )
        return Claim(row["_id"], holder, int(row["attempts"])) if row else None

    def renew(self, claim: Claim) -> bool:
        """Say that the work goes on; return whether it is still one's own."""
        return self._change(claim, {"due": _in(LEASE_S)})

    def finish(self, claim: Claim, size: int) -> bool:
        """Say that the object is there, with ``size`` bytes."""
        return self._end(claim, {"state": State.DONE.value, "size": Int64(size), "failure": None})

    def fail(self, claim: Claim, reason: Failure) -> bool:
        """Give up for good."""
        return self._end(claim, {"state": State.FAILED.value, "failure": reason.value})

    def retry(self, claim: Claim, delay_s: float) -> bool:
        """Let anybody try again after ``delay_s``."""
        return self._change(claim, {"state": State.QUEUED.value, "due": _in(delay_s)})

    def release(self, claim: Claim) -> bool:
        """Give back what was not finished, as if it had not been taken."""
        so_far = {"$subtract": ["$attempts", 1]}
        return self._change(claim, {"state": State.QUEUED.value, "due": "$$NOW", "attempts": so_far})

    def waiting(self) -> Waiting:
        with renamed(), pymongo.timeout(OPERATION_S):
            found = self._jobs.aggregate(_WAITING, hint="waiting").to_list(1)
        return Waiting(**found[0]) if found else Waiting()

    def _end(self, claim: Claim, change: Document) -> bool:
        return self._change(claim, {**change, "finished_at": "$$NOW"}, ["slot", "due", "holder"])

    def _change(self, claim: Claim, change: Document, gone: list[str] | None = None) -> bool:
        """Change a job while it is in ``claim``'s hands, and say whether it was."""
        mine = {
            "_id": claim.id,
            "holder": claim.holder,
            "attempts": claim.attempts,
            "state": State.RUNNING.value,
        }
        steps: list[Document] = [{"$set": change}, *([{"$unset": gone}] if gone else [])]
        with renamed(), pymongo.timeout(OPERATION_S):
            done = self._jobs.update_one(mine, steps)
        return done.matched_count > 0


def _in(seconds: float) -> Document:
    return {"$add": ["$$NOW", int(seconds * 1_000)]}
