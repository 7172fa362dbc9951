"""The ids of transfers that rang, until the loop takes them."""

from collections.abc import Iterable
from itertools import islice
from threading import Lock
from typing import Any

ROOM = 2_000
"""Ids: a few batches. What finds no room is a backlog, and a backlog is read from the queue."""


class Inbox:
    """Filled by the doorbell's thread, emptied by the loop's; each id once, oldest first."""

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._lock = Lock()
        self._ids: dict[Any, None] = {}

    def __len__(self) -> int:
        return len(self._ids)

    def put(self, ids: Iterable[Any]) -> bool:
        """Add ``ids``. Return False when there was no room for all of them: those left out must be swept."""
        with self._lock:
            for one in ids:
                if len(self._ids) >= self._room and one not in self._ids:
                    return False
                self._ids[one] = None
            return True

    def take(self, limit: int) -> list[Any]:
        with self._lock:
            taken = list(islice(self._ids, limit))
            for one in taken:
                del self._ids[one]
            return taken
