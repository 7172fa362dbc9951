"""The doorbell: the change stream that says what was queued."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from pymongo.change_stream import CollectionChangeStream
from pymongo.database import Database

from wallet.errors import Unavailable
from wallet.store.client import Document
from wallet.store.faults import renamed
from wallet.store.primary import Primary

_INSERTS: list[Document] = [
    {"$match": {"operationType": "insert"}},
    {"$project": {"documentKey": 1, "fullDocument.partition": 1, "clusterTime": 1}},
]
_AWAIT_MS = 500


class Arrival(NamedTuple):
    """The id of what was queued, its partition as far as it has one, and the time in seconds."""

    id: Any
    partition: Any
    at: float | None = None


class ArrivalStream:
    """An open change stream on inserts into one collection."""

    def __init__(self, stream: CollectionChangeStream[Document], primary: Primary) -> None:
        self._stream = stream
        self._primary = primary

    def next(self) -> Arrival | None:
        """Wait up to half a second for the next arrival.

        Raises:
            Unavailable: the stream is dead. Open a new one, then sweep: what it missed is in the queue.
        """
        with renamed():
            event = self._stream.try_next()
        if event is not None:
            partition = event.get("fullDocument", {}).get("partition")
            return Arrival(event["documentKey"]["_id"], partition, event["clusterTime"].time)
        if not self._stream.alive:
            # An invalidate (the collection was dropped or renamed) ends a stream without an error.
            raise Unavailable("The change stream ended")
        self._primary.check()
        return None


@contextmanager
def arrivals(database: Database[Document], queue: str = "transfers") -> Iterator[ArrivalStream]:
    """Open the stream of the collection ``queue`` from now on."""
    primary = Primary(database.client)
    with renamed():
        stream = database[queue].watch(_INSERTS, max_await_time_ms=_AWAIT_MS)
    with stream:
        yield ArrivalStream(stream, primary)
