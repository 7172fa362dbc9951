"""The doorbell: the change stream that says when a transfer was queued."""

from collections.abc import Iterator
from contextlib import contextmanager

from pymongo.change_stream import CollectionChangeStream
from pymongo.database import Database

from wallet.errors import Unavailable
from wallet.store.client import Document
from wallet.store.faults import renamed

_INSERTS: list[Document] = [{"$match": {"operationType": "insert"}}, {"$project": {"_id": 1}}]
_AWAIT_MS = 500


class ArrivalStream:
    """An open change stream on inserts into ``transfers``."""

    def __init__(self, stream: CollectionChangeStream[Document]) -> None:
        self._stream = stream

    def next(self) -> bool:
        """Wait up to half a second; return whether something arrived.

        Raises:
            Unavailable: the stream is dead. Open a new one, then sweep: what it missed is in the queue.
        """
        with renamed():
            event = self._stream.try_next()
        if event is None and not self._stream.alive:
            # An invalidate (the collection was dropped or renamed) ends a stream without an error.
            raise Unavailable("The change stream ended")
        return event is not None


@contextmanager
def arrivals(database: Database[Document]) -> Iterator[ArrivalStream]:
    """Open the stream from now on."""
    with renamed():
        stream = database["transfers"].watch(_INSERTS, max_await_time_ms=_AWAIT_MS)
    with stream:
        yield ArrivalStream(stream)
