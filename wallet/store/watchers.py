"""The watchers' own rows: who beats, and what each says of its work."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import pymongo
from pymongo import WriteConcern
from pymongo.database import Database
from pymongo.read_concern import ReadConcern

from wallet.store.client import OPERATION_S, Document
from wallet.store.faults import renamed

ALIVE_S = 2.5
"""Whoever has been silent for longer has no partitions. A test holds it to the watchers' own number."""

_MOST = 256


@dataclass(frozen=True, slots=True)
class WatcherRow:
    """A watcher that was heard of in the last hour; ``tally`` counts what it did, by outcome.

    ``depth`` is how many transfers waited in all, as far as it knew, when it told this, at ``told_at``.
    """

    name: str
    beat: datetime
    silent_s: float
    tally: Mapping[str, int]
    depth: int | None = None
    told_at: datetime | None = None

    @property
    def alive(self) -> bool:
        return self.silent_s < ALIVE_S


class Watchers:
    """Reads of the collection ``watchers``, and the tallies in it."""

    def __init__(self, database: Database[Document], *, bound_s: float = OPERATION_S) -> None:
        # All this is for looking at: it waits for no majority.
        self._watchers = database.get_collection(
            "watchers", write_concern=WriteConcern(1), read_concern=ReadConcern("local")
        )
        self._bound_s = bound_s

    def publish(self, name: str, tally: Mapping[str, int], depth: int | None = None) -> None:
        """Write what a watcher that beats has to tell, for the others to see; one that has left stays gone.

        Dated by the server: who sees two of them knows how much was done in which time.
        """
        told = {"tally": {"$literal": dict(tally)}, "depth": depth, "told_at": "$$NOW"}
        with renamed(), pymongo.timeout(self._bound_s):
            self._watchers.update_one({"_id": name}, [{"$set": told}])

    def all(self) -> list[WatcherRow]:
        """Return those of the last hour by name; silence is measured by the server's clock."""
        silent = {"$set": {"silent_ms": {"$subtract": ["$$NOW", "$beat"]}}}
        with renamed(), pymongo.timeout(self._bound_s):
            found = list(self._watchers.aggregate([{"$sort": {"_id": 1}}, {"$limit": _MOST}, silent]))
        return [_row(document) for document in found]


def _row(document: Document) -> WatcherRow:
    return WatcherRow(
        name=document["_id"],
        beat=document["beat"],
        silent_s=max(0.0, document["silent_ms"] / 1_000),
        tally=document.get("tally", {}),
        depth=document.get("depth"),
        told_at=document.get("told_at"),
    )
