"""How many transfers wait and how fast they are settled, as the watchers tell.

It is for those who want to know when to ask again. Nobody who sends a transfer waits for it: a thread reads
the few rows of the watchers, at most once a second and only while somebody asks, and what it read last is the
answer.
"""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from threading import Event, Thread
from typing import NamedTuple

from wallet.errors import WalletError
from wallet.store.watchers import WatcherRow

REST_S = 1.0
FRESH_S = 15.0
"""What was read longer ago is not known any more."""

LONGEST_SPAN_S = 30.0
"""Between two tallies, or they tell nothing about now."""

SHORTEST_S, LONGEST_S = 1, 60

_LEFT_THE_QUEUE = ("settled", "refunded", "parked")


@dataclass(frozen=True, slots=True)
class Outlook:
    """When to ask again, in seconds, and how many were waiting when the watchers last counted them."""

    retry_after_s: int = SHORTEST_S
    ahead: int | None = None


UNKNOWN = Outlook()


class _Told(NamedTuple):
    """What a watcher told: when, by the server's clock; how many it has settled; how many wait."""

    at: datetime
    done: int
    depth: int | None


class Pace:
    """The outlook, of a process."""

    def __init__(
        self, read: Callable[[], Iterable[WatcherRow]], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._read = read
        self._clock = clock
        self._told: dict[str, tuple[_Told | None, _Told]] = {}
        self._outlook = UNKNOWN
        self._as_of = float("-inf")
        self._asked = Event()
        self._closing = Event()
        self._thread = Thread(target=self._run, name="pace", daemon=True)

    def outlook(self) -> Outlook:
        """Return what is known, and ask for more."""
        if not self._asked.is_set():
            self._asked.set()
        return self._outlook if self._clock() - self._as_of <= FRESH_S else UNKNOWN

    def look(self) -> None:
        """Read what the watchers tell.

        Raises:
            Unavailable: the store does not say.
        """
        told = {row.name: _told_by(row) for row in self._read() if row.alive}
        self._told = {name: self._since(name, now) for name, now in told.items() if now}
        self._outlook = _outlook(list(self._told.values()))
        self._as_of = self._clock()

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self._asked.set()
        self._thread.join()

    def _run(self) -> None:
        while self._asked.wait() and not self._closing.is_set():
            self._asked.clear()
            with suppress(WalletError):  # not known, then: what was read last is forgotten in a while
                self.look()
            self._closing.wait(REST_S)

    def _since(self, name: str, now: _Told) -> tuple[_Told | None, _Told]:
        """Return what this watcher told before and what it tells now."""
        before, latest = self._told.get(name, (None, now))
        return (latest, now) if now.at != latest.at else (before, now)


def _told_by(row: WatcherRow) -> _Told | None:
    if row.told_at is None:
        return None
    return _Told(row.told_at, sum(row.tally.get(one, 0) for one in _LEFT_THE_QUEUE), row.depth)


def _outlook(told: list[tuple[_Told | None, _Told]]) -> Outlook:
    pairs = [(before, now) for before, now in told if before and 0 < _span_s(before, now) <= LONGEST_SPAN_S]
    depth = max(told, key=lambda pair: pair[1].at)[1].depth if told else None
    if depth is None:
        return UNKNOWN
    if not pairs:
        return Outlook(ahead=depth)
    rate = sum((now.done - before.done) / _span_s(before, now) for before, now in pairs)
    waited_before = any(before.depth for before, _ in pairs)
    return Outlook(_retry_after_s(depth, rate, waited_before=waited_before), depth)


def _retry_after_s(depth: int, rate: float, *, waited_before: bool) -> int:
    if rate > 0:
        return min(max(ceil(depth / rate), SHORTEST_S), LONGEST_S)
    # A queue that was not empty before and of which nothing was settled since stands still.
    return LONGEST_S if depth and waited_before else SHORTEST_S


def _span_s(before: _Told, now: _Told) -> float:
    return (now.at - before.at).total_seconds()
