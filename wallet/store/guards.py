"""Tries of PINs by phone number, counted before a PIN is looked at: in every pod, through every crash."""

from dataclasses import dataclass
from hashlib import blake2b
from uuid import UUID, uuid4

import pymongo
from bson.int64 import Int64
from pymongo.database import Database

from wallet.errors import TooManyAttempts, Unavailable
from wallet.rules.login_guard import FORGOTTEN_AFTER_S, WAITS_S
from wallet.store.client import OPERATION_S, Document
from wallet.store.faults import renamed

_WAITS_MS = [seconds * 1_000 for seconds in WAITS_S]


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try that was counted; ``tries`` is how many there were in a row, with this one."""

    key: bytes
    id: UUID
    tries: int


class LoginGuards:
    """The collection ``guards``: a row for each number that was tried, registered or not, until it is right.

    Rows are found by a digest: numbers that nobody registered, and typing errors, are nobody's business. It
    is no secret, since anybody can compute it, and so an operator needs none to unlock. Time is the server's.
    """

    def __init__(self, database: Database[Document]) -> None:
        self._guards = database["guards"]

    def count(self, phone_number: str) -> Attempt:
        """Count a try, in one write that a majority has before anybody looks at the PIN.

        Raises:
            TooManyAttempts: it must wait, and is not counted.
        """
        key, attempt = key_of(phone_number), uuid4()
        with renamed(), pymongo.timeout(OPERATION_S):
            row = self._guards.find_one_and_update(
                {"_id": key}, _counting(attempt), projection=_SEEN, upsert=True, return_document=True
            )
        if row is None:
            raise Unavailable
        if row["last"] != attempt:
            raise TooManyAttempts(max(1, -(-int(row["wait_ms"]) // 1_000)))
        return Attempt(key, attempt, int(row["tries"]))

    def give_back(self, attempt: Attempt) -> None:
        """Uncount a try whose PIN nobody could look at, unless another was counted since."""
        again = {"$set": {"tries": {"$subtract": ["$tries", Int64(1)]}, "opens_at": "$$NOW"}}
        with renamed(), pymongo.timeout(OPERATION_S):
            self._guards.update_one({"_id": attempt.key, "last": attempt.id}, [again])

    def clear(self, phone_number: str) -> bool:
        """Forget all tries and say whether there were any."""
        with renamed(), pymongo.timeout(OPERATION_S):
            return self._guards.delete_one({"_id": key_of(phone_number)}).deleted_count > 0


def key_of(phone_number: str) -> bytes:
    return blake2b(phone_number.encode(), digest_size=16, person=b"dompet-guard").digest()


_SEEN = {"last": True, "tries": True, "wait_ms": {"$subtract": ["$opens_at", "$$NOW"]}}


def _counting(attempt: UUID) -> list[Document]:
    """Return what counts a try that may be made and leaves the row as it is, unwritten, otherwise.

    What a row lacks that is not there yet sorts before every date: it is open and forgotten.
    """
    forgotten = {"$gte": ["$$NOW", "$forgotten_at"]}
    tries = {"$cond": [forgotten, Int64(1), {"$add": ["$tries", Int64(1)]}]}
    wait_ms = {"$arrayElemAt": [_WAITS_MS, {"$subtract": [{"$min": ["$$tries", len(_WAITS_MS)]}, 1]}]}
    counted = {
        "_id": "$_id",
        "tries": "$$tries",
        "last": attempt,
        "opens_at": {"$add": ["$$NOW", wait_ms]},
        "forgotten_at": {"$add": ["$$NOW", wait_ms, FORGOTTEN_AFTER_S * 1_000]},
    }
    closed = {"$lt": ["$$NOW", "$opens_at"]}
    return [
        {"$replaceWith": {"$cond": [closed, "$$ROOT", {"$let": {"vars": {"tries": tries}, "in": counted}}]}}
    ]
