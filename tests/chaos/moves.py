"""Writes down how the status of every transfer moves, from a stream that goes on where it was cut off."""

import time
from threading import Event, Thread

from pymongo.change_stream import CollectionChangeStream
from pymongo.database import Database
from pymongo.errors import PyMongoError

from tests.chaos.evidence import Move
from wallet.errors import Unavailable
from wallet.models import TransferStatus
from wallet.store.client import Document
from wallet.store.primary import Primary

_INSERT = {"operationType": "insert"}
_STATUS_CHANGED = {"updateDescription.updatedFields.status": {"$exists": True}}
_REPLACED = {"operationType": "replace"}
_MOVES: list[Document] = [{"$match": {"$or": [_INSERT, _STATUS_CHANGED, _REPLACED]}}]
_AWAIT_MS = 200
_PAUSE_S = 0.2
_NOWHERE = {260, 280, 286}
"""What the server says of a place that one cannot go on from: it is invalid, or gone from the oplog."""


class _Invalidated(PyMongoError):
    """The collection was dropped or renamed. The stream goes on behind that if there is one of its name."""


class MoveRecorder(Thread):
    """A thread that hears every move since it was made.

    ``moves`` may be read at any time. A stream that is cut off is opened again after the last event that was
    heard, for as long as the oplog has it; if it has not, ``complete`` says so.
    """

    def __init__(self, database: Database[Document]) -> None:
        super().__init__(name="moves", daemon=True)
        self._transfers = database["transfers"]
        self._stopping = Event()
        self._stream: CollectionChangeStream[Document] = self._open(None)
        self.moves: list[Move] = []
        self.complete = True

    def run(self) -> None:
        token = self._stream.resume_token
        while not self._stopping.is_set():
            try:
                token = self._listen(self._stream, token)
            except (PyMongoError, Unavailable) as fault:
                self._stopping.wait(_PAUSE_S)
                self._reopen(self._place(fault, self._stream.resume_token or token))

    def stop(self) -> None:
        """Stop; what has happened a moment ago may not have been heard."""
        self._stopping.set()
        self.join()
        self._stream.close()

    def _open(self, token: object) -> CollectionChangeStream[Document]:
        self._primary = Primary(self._transfers.database.client)
        return self._transfers.watch(_MOVES, max_await_time_ms=_AWAIT_MS, start_after=token)

    def _place(self, fault: Exception, token: object) -> object:
        """Return the place to go on from: ``token``, or from now on."""
        if getattr(fault, "code", None) not in _NOWHERE:
            return token
        self.complete = False
        return None

    def _reopen(self, token: object) -> None:
        while not self._stopping.is_set():
            try:
                self._stream.close()
                self._stream = self._open(token)
            except PyMongoError as fault:
                token = self._place(fault, token)
                self._stopping.wait(_PAUSE_S)
            else:
                return

    def _listen(self, stream: CollectionChangeStream[Document], token: object) -> object:
        """Hear one event, or none; return the place to go on from."""
        event = stream.try_next()
        if event is not None:
            self._note(event)
        elif not stream.alive:
            raise _Invalidated
        else:
            self._primary.check()
        return stream.resume_token or token

    def _note(self, event: Document) -> None:
        fields = event.get("fullDocument") or event["updateDescription"]["updatedFields"]
        key, status = event["documentKey"]["_id"], fields.get("status")
        if isinstance(status, str) and status in set(TransferStatus):  # forged rows have anything
            self.moves.append(Move(key, TransferStatus(status), time.monotonic_ns()))
