"""How often the loop swept, and what it found that the doorbell should have rung for."""

import time
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

from prometheus_client import CollectorRegistry, Counter

from wallet.settlement import Pending
from wallet.store.arrivals import Arrival
from watcher.observer import Observer

PATIENCE_S = 2.0
"""The doorbell may ring so long after the sweep; later than that it has missed the transfer."""


class SweepMetrics(Observer):
    """Suspects what a sweep found unexpectedly, and counts it unless the doorbell rings soon after.

    Not suspected are: what a sweep finds that somebody asked for (at start-up, after the stream opened, after
    an overflow or a pause, with new partitions) or that ran while what rang was waiting; what others prefer;
    what has failed before; and all while no stream is open, which other series tell.
    """

    def __init__(self, registry: CollectorRegistry, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._owned: frozenset[int] = frozenset()
        self._open = False
        self._suspects: dict[Any, float] = {}
        self._lock = Lock()
        self._sweeps = Counter("wallet_watcher_sweeps", "Looks into the queue", registry=registry)
        self._finds = Counter(
            "wallet_watcher_sweep_finds",
            "Transfers of this watcher, never tried, that a sweep nobody asked for found while the stream "
            "was open and nothing that rang was waiting, and that the doorbell did not ring for within "
            f"{PATIENCE_S:g} s",
            registry=registry,
        )

    def swept(self, found: Pending, *, expected: bool) -> None:
        self._sweeps.inc()
        with self._lock:
            self._finds.inc(self._overdue())
            if self._open and not expected:
                self._suspect(found)

    def stream_answered(self, arrival: Arrival | None) -> None:
        if arrival is not None and self._suspects:
            with self._lock:
                self._suspects.pop(arrival.id, None)

    def stream_opened(self) -> None:
        with self._lock:
            self._suspects.clear()
            self._open = True

    def stream_left(self) -> None:
        with self._lock:
            self._suspects.clear()
            self._open = False

    def stream_lost(self, fault: Exception) -> None:  # noqa: ARG002
        self.stream_left()

    def membership(self, alive: Sequence[str], owned: Sequence[int]) -> None:  # noqa: ARG002
        self._owned = frozenset(owned)

    def _suspect(self, found: Pending) -> None:
        now = self._monotonic()
        for one in found.transfers:
            if one.partition in self._owned and one.attempts == 0:
                self._suspects.setdefault(one.id, now)

    def _overdue(self) -> int:
        """Forget those that nobody rang for in time, and return how many they were."""
        latest = self._monotonic() - PATIENCE_S
        late = [key for key, since in self._suspects.items() if since <= latest]
        for key in late:
            del self._suspects[key]
        return len(late)
