"""When transfers that failed are to be tried again: no ring tells, and a sweep finds old ones late."""

from collections.abc import Callable
from heapq import heappop, heappush
from threading import Lock
from typing import Any

ROOM = 2_000
"""Transfers. What finds no room is left to the sweeps."""

SLACK_S = 0.05
"""Later than the server wants it, for it would not give a transfer out before."""


class Retries:
    """Filled while a batch is executed, emptied while the next one is read."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lock = Lock()
        self._waiting: list[tuple[float, int, Any]] = []
        self._added = 0

    def add(self, transfer_id: Any, delay_s: float) -> None:
        """Take note of a transfer that may be tried again after ``delay_s``."""
        with self._lock:
            if len(self._waiting) < ROOM:
                self._added += 1  # ids cannot be compared
                due = self._monotonic() + delay_s + SLACK_S
                heappush(self._waiting, (due, self._added, transfer_id))

    def due(self) -> list[Any]:
        """Return the ids of those whose time has come, and forget them."""
        now = self._monotonic()
        found = []
        with self._lock:
            while self._waiting and self._waiting[0][0] <= now:
                found.append(heappop(self._waiting)[2])
        return found
