"""Looks into the queue for what did not ring: when, and how far back."""

import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from threading import Event

from wallet.settlement import Pending
from wallet.store.queue import Queue

TAKEOVER = timedelta(seconds=3.5)
"""Whatever has waited longer may be executed by anyone."""

SWEEP_S = 1.0
SWEEP_SHARE = 20
LONGEST_REST_S = 5.0
"""Sweep once a second, but rest twenty times as long as the sweep took, and never longer than this."""

WHOLE_SWEEP_S = 15.0
WHOLE_SWEEP_SHARE = 100
LONGEST_WHOLE_REST_S = 60.0
"""The same for a sweep of the whole queue, which costs the more the more was settled lately."""

MARGIN = timedelta(seconds=10)
"""How far the clocks of pods may lag: what is dated further back is left to the next whole sweep."""

SWEEP_ROWS = 5_000
"""Rows in memory, at most. A sweep that finds as many goes on where it stopped."""

_LONG_AGO = datetime.min.replace(tzinfo=UTC)

Monotonic = Callable[[], float]


class Sweeper:
    """Most sweeps look only at what was accepted since the last one that came to an end."""

    def __init__(self, queue: Queue, monotonic: Monotonic = time.monotonic) -> None:
        self._queue = queue
        self._monotonic = monotonic
        self._asked = Event()
        self._whole_asked = Event()
        self._next = self._next_whole = 0.0
        self._began: datetime | None = None
        self._ended: datetime | None = None
        self._reached: datetime | None = None

    @property
    def unfinished(self) -> bool:
        """Whether the last sweep found as much as it may: there is a backlog."""
        return self._reached is not None

    def ask(self) -> None:
        """Say that something may have arrived without a ring. From any thread."""
        self._asked.set()

    def ask_whole(self) -> None:
        """Say that something may have been left, however long ago it arrived. From any thread."""
        self._whole_asked.set()

    @property
    def asked(self) -> bool:
        """Whether the next sweep has another reason than that time has passed."""
        return self.unfinished or self._asked.is_set() or self._whole_asked.is_set()

    @property
    def due(self) -> bool:
        return self.asked or self._monotonic() >= self._next

    def sweep(self, partitions: Collection[int], server_time: datetime) -> Pending:
        """Return what waits: one's own, what the others left undone, and what is in no partition.

        Args:
            partitions: one's own.
            server_time: not later than the server's clock says.
        """
        started = self._monotonic()
        since = self._since(server_time, started)
        found = self._queue.pending(partitions, SWEEP_ROWS, since=since, overdue=server_time - TAKEOVER)
        self._reached = _last(found) if len(found) >= SWEEP_ROWS else None
        self._rest(started)
        return found

    def _since(self, server_time: datetime, started: float) -> datetime | None:
        """Return the date to look from. Who asks amid a sweep wants another: forget before looking."""
        if self.unfinished:
            return self._reached
        self._began = server_time
        self._asked.clear()
        if self._whole_asked.is_set() or self._ended is None or started >= self._next_whole:
            self._whole_asked.clear()
            self._next_whole = float("inf")  # until this one has ended
            return None
        return self._ended - MARGIN

    def _rest(self, started: float) -> None:
        now = self._monotonic()
        self._next = now + _between(SWEEP_S, SWEEP_SHARE * (now - started), LONGEST_REST_S)
        if self.unfinished:
            return
        self._ended = self._began
        if self._next_whole == float("inf"):
            rest = _between(WHOLE_SWEEP_S, WHOLE_SWEEP_SHARE * (now - started), LONGEST_WHOLE_REST_S)
            self._next_whole = now + rest


def _last(found: Pending) -> datetime:
    return found.transfers[-1].date if found.transfers else _LONG_AGO


def _between(least: float, wanted: float, most: float) -> float:
    return min(max(least, wanted), most)
