"""The change stream that says which entries were written. It only wakes those who wait for one.

Every entry of everybody passes here: an event is as small as it can be, and a batch is decoded in one call.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import bson
import pymongo
from pymongo.database import Database
from pymongo.synchronous.command_cursor import RawBatchCommandCursor

from wallet.errors import Unavailable
from wallet.models import Side
from wallet.store.client import AS_IT_CAME, Document
from wallet.store.faults import renamed
from wallet.store.primary import Primary

_INSERTS: list[Document] = [
    {"$changeStream": {}},
    {"$match": {"operationType": "insert"}},
    {"$project": {"documentKey": True, "fullDocument.wallet": True}},
]
_AWAIT_MS = 500
_DEAD_AFTER_S = 2.0
"""A server that has not even said that there is nothing is as good as none."""


class Written(NamedTuple):
    """An entry: the bytes of its wallet and, of a credit, those of its operation."""

    wallet: bytes
    credited: bytes | None


class EntryStream:
    """An open change stream on inserts into ``entries``."""

    def __init__(self, batches: RawBatchCommandCursor[Document], primary: Primary) -> None:
        self._batches = batches
        self._primary = primary

    def next(self) -> list[Written]:
        """Wait up to half a second for entries, and return those that came together.

        Raises:
            Unavailable: the stream is dead. Open a new one, then look: what it missed is in the database.
        """
        with renamed(), pymongo.timeout(_DEAD_AFTER_S):
            batch: Any = self._batches.try_next()
        if batch:
            return [_written(event) for event in bson.decode_all(batch, AS_IT_CAME)]
        if not self._batches.alive:
            # An invalidate (the collection was dropped or renamed) ends a stream without an error.
            raise Unavailable("The change stream ended")
        self._primary.check()
        return []


@contextmanager
def entry_stream(database: Database[Document]) -> Iterator[EntryStream]:
    """Open the stream from now on."""
    primary = Primary(database.client)
    with renamed(), pymongo.timeout(_DEAD_AFTER_S):
        batches: Any = database["entries"].aggregate_raw_batches(_INSERTS, maxAwaitTimeMS=_AWAIT_MS)
    with batches:
        yield EntryStream(batches, primary)


def _written(event: Document) -> Written:
    key = event["documentKey"]["_id"]
    credited = bytes(key["operation"]) if key["side"] == Side.CREDIT.value else None
    return Written(bytes(event["fullDocument"]["wallet"]), credited)
