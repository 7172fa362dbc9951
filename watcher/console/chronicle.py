"""What this watcher remembers of things that went wrong, newest first, until it is restarted."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any

from wallet.clock import Clock
from wallet.settlement import Refund
from watcher.observer import Observer

ROOM = 200
"""Happenings. What simply succeeds is none."""

_LONGEST_DETAIL = 300


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that people may want to know of; ``transfer_id`` when it befell one."""

    at: datetime
    name: str
    detail: str = ""
    transfer_id: Any = None


class Chronicle(Observer):
    """Written by the loop's thread, which must never wait for those who read."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._happenings: deque[Happening] = deque(maxlen=ROOM)
        self._alive: list[str] = []

    def latest(self, limit: int = ROOM) -> list[Happening]:
        """Return the newest first."""
        with self._lock:
            return list(reversed(self._happenings))[:limit]

    def refunded(self, refunds: Sequence[Refund]) -> None:
        for one in refunds[-ROOM:]:
            self._note("refunded", one.reason, one.debit.operation)

    def retried(self, transfer_id: Any, attempts: int, fault: Exception) -> None:
        self._note("attempt failed", f"attempt {attempts}: {fault}", transfer_id)

    def parked(self, transfer_id: Any, reason: str) -> None:
        self._note("parked", reason, transfer_id)

    def paused(self, fault: Exception) -> None:
        self._note("store away", str(fault))

    def stream_opened(self) -> None:
        self._note("stream opened")

    def stream_lost(self, fault: Exception) -> None:
        self._note("stream lost", str(fault))

    def membership(self, alive: Sequence[str], owned: Sequence[int]) -> None:
        if sorted(alive) != self._alive:
            self._alive = sorted(alive)
            self._note("watchers changed", f"{len(alive)} alive, {len(owned)} partitions here")

    def _note(self, name: str, detail: str = "", transfer_id: Any = None) -> None:
        happening = Happening(self._clock(), name, detail[:_LONGEST_DETAIL], transfer_id)
        with self._lock:
            self._happenings.append(happening)
