"""Sessions: opened in one transaction with what vouches for them, rotated and ended by one write each.

Times are compared on the server: a pod whose clock is wrong neither stretches a grace nor hides an end.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any, NamedTuple
from uuid import UUID

import pymongo
from bson import Int64
from pymongo.client_session import ClientSession
from pymongo.database import Database

from wallet.models import Session
from wallet.store import documents
from wallet.store.client import OPERATION_S, Document
from wallet.store.faults import renamed
from wallet.store.transactions import Transactions

_LOOK_S = 2.0
"""The longest one look may take: for the feed the next one is better than this one late."""

_ALIVE = {"ended_at": None}


class Turn(Enum):
    """What the use of a refresh token turned out to be."""

    ROTATED = auto()
    REPEATED = auto()
    REPLAYED = auto()


class Rotation(NamedTuple):
    session: Session
    turn: Turn


class End(NamedTuple):
    """The id of a session that ended, and the server's time when it did."""

    session: UUID
    at: datetime


class SessionStore:
    """The collection ``sessions``.

    Args:
        database: of the wallet.
        transactions: of the same client.
        remembered: how long a session that ended is kept: as long as a token that it gave out may live.
    """

    def __init__(
        self, database: Database[Document], transactions: Transactions, *, remembered: timedelta
    ) -> None:
        self._users = database["users"]
        self._sessions = database["sessions"]
        self._transactions = transactions
        self._remembered_ms = int(remembered.total_seconds() * 1_000)

    def open(self, session: Session, pin_hash: str, *, most: int) -> bool:
        """Open ``session``, and end the oldest of a user who has more than ``most``.

        Returns:
            False: the PIN is no longer the one that opened it.
        """

        def insert(transaction: ClientSession) -> bool:
            # The count makes it a write, which collides with a change of the PIN; a mere read would not.
            wanted = {"_id": session.user, "pin_hash": pin_hash}
            vouched = self._users.update_one(wanted, {"$inc": {"logins": Int64(1)}}, session=transaction)
            if not vouched.matched_count:
                return False
            self._sessions.insert_one(documents.session_document(session), session=transaction)
            self._end_oldest(session.user, most, transaction)
            return True

        return self._transactions.run(insert)

    def _end_oldest(self, user: UUID, most: int, transaction: ClientSession) -> None:
        newest_first = self._sessions.find(
            {"user": user, **_ALIVE}, projection={"_id": True}, session=transaction
        ).sort("created_at", pymongo.DESCENDING)
        if surplus := [row["_id"] for row in newest_first.skip(most)]:
            self._sessions.update_many({"_id": {"$in": surplus}}, self._ended(), session=transaction)

    def rotate(self, session: UUID, current: bytes, following: bytes, grace: timedelta) -> Rotation | None:
        """Use the refresh token of the digest ``current``, whose successor's is ``following``.

        The first use makes the successor the good one. A use within ``grace`` after that is a client whose
        answer was lost. Any other is a replay, and ends the session in the same write.

        Returns:
            None: there is no such session, or it has ended.
        """
        grace_ms = int(grace.total_seconds() * 1_000)
        recent = {"$gte": ["$rotated_at", {"$subtract": ["$$NOW", grace_ms]}]}
        rotated = {"token": following, "rotated_at": "$$NOW", "repeats": Int64(0)}
        repeated = {"repeats": {"$add": ["$repeats", Int64(1)]}}
        turn = {
            "$switch": {
                "branches": [
                    {"case": {"$eq": ["$token", current]}, "then": rotated},
                    {"case": {"$and": [{"$eq": ["$token", following]}, recent]}, "then": repeated},
                ],
                "default": self._end(),
            }
        }
        with renamed(), pymongo.timeout(OPERATION_S):
            row = self._sessions.find_one_and_update(
                {"_id": session, **_ALIVE},
                [{"$replaceWith": {"$mergeObjects": ["$$ROOT", turn]}}],
                return_document=True,
            )
        return Rotation(documents.session(row), _turn(row)) if row else None

    def end(self, session: UUID) -> bool:
        """End a session; say whether it was alive."""
        with renamed(), pymongo.timeout(OPERATION_S):
            ended = self._sessions.update_one({"_id": session, **_ALIVE}, self._ended())
        return bool(ended.matched_count)

    def change_pin(self, user: UUID, old_hash: str, new_hash: str, date: datetime) -> bool:
        """Give ``user`` another PIN and end all sessions, both or neither.

        Returns:
            False: the PIN is no longer the old one.
        """

        def change(transaction: ClientSession) -> bool:
            changed = self._users.update_one(
                {"_id": user, "pin_hash": old_hash},
                {"$set": {"pin_hash": new_hash, "updated_at": date}},
                session=transaction,
            )
            if changed.matched_count:
                self._sessions.update_many({"user": user, **_ALIVE}, self._ended(), session=transaction)
            return bool(changed.matched_count)

        return self._transactions.run(change)

    def ended(self, after: datetime) -> list[End]:
        """Return the sessions that ended after this time of the server's, as far as they are remembered."""
        with renamed(), pymongo.timeout(_LOOK_S):
            found = self._sessions.find({"ended_at": {"$gt": after}}, projection={"ended_at": True})
            return [End(row["_id"], row["ended_at"]) for row in found]

    def has_ended(self, session: UUID) -> bool:
        """Say whether a session has ended.

        Raises:
            Unavailable: the store does not say, soon enough to leave a request its time.
        """
        with renamed(), pymongo.timeout(_LOOK_S):
            row = self._sessions.find_one({"_id": session}, projection={"ended_at": True})
        return row is not None and "ended_at" in row

    def _ended(self) -> Sequence[dict[str, Any]]:
        return [{"$set": self._end()}]

    def _end(self) -> Document:
        return {"ended_at": "$$NOW", "expires_at": {"$add": ["$$NOW", self._remembered_ms]}}


def _turn(row: Document) -> Turn:
    if "ended_at" in row:
        return Turn.REPLAYED
    return Turn.REPEATED if row["repeats"] else Turn.ROTATED
