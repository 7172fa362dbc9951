"""The ids of transfers that rang, until the loop takes them."""

from collections.abc import Iterable
from itertools import islice
from threading import Lock
from typing import Any

ROOM = 10_000
"""Ids. What finds no room is found by the sweep."""


class Inbox:
    """Filled by the doorbell's thread, emptied by the loop's; each id once, oldest first."""

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._lock = Lock()
        self._ids: dict[Any, None] = {}
        self._overflowed = False

    def put(self, ids: Iterable[Any]) -> None:
        with self._lock:
            for one in ids:
                if len(self._ids) >= self._room:
                    self._overflowed = True
                    return
                self._ids[one] = None

    def take(self, limit: int) -> list[Any]:
        with self._lock:
            taken = list(islice(self._ids, limit))
            for one in taken:
                del self._ids[one]
            return taken

    def is_empty(self) -> bool:
        return not self._ids

    def has_overflowed(self) -> bool:
        """Whether ids found no room since this was last asked."""
        with self._lock:
            overflowed, self._overflowed = self._overflowed, False
            return overflowed
