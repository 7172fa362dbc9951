"""Which watchers are alive, by the server's clock."""

from dataclasses import dataclass
from datetime import datetime

from pymongo.database import Database

from wallet.errors import Unavailable
from wallet.store.client import Document
from wallet.store.faults import renamed


@dataclass(frozen=True, slots=True)
class Roll:
    """The watchers alive and the server's time."""

    alive: list[str]
    at: datetime


class Membership:
    """One watcher's row among the watchers' heartbeats."""

    def __init__(self, database: Database[Document], watcher: str, *, dead_after_s: float) -> None:
        self._watchers = database["watchers"]
        self._watcher = watcher
        self._dead_after_ms = int(dead_after_s * 1_000)

    def beat(self) -> Roll:
        """Say that this watcher is alive and return who else is."""
        with renamed():
            row = self._watchers.find_one_and_update(
                {"_id": self._watcher},
                [{"$set": {"beat": "$$NOW"}}],
                upsert=True,
                return_document=True,
            )
            recent = {"$gt": ["$beat", {"$subtract": ["$$NOW", self._dead_after_ms]}]}
            alive = [one["_id"] for one in self._watchers.find({"$expr": recent}, projection={"_id": True})]
        if row is None:
            raise Unavailable
        return Roll(alive, row["beat"])

    def leave(self) -> None:
        """Hand the partitions to the others at once."""
        with renamed():
            self._watchers.delete_one({"_id": self._watcher})
