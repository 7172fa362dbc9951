"""Fills the history: a thread of its own, one small write and one small read every few seconds."""

import time
from collections.abc import Mapping, Sequence
from threading import Event, Thread

from prometheus_client import CollectorRegistry

from wallet.clock import Clock
from wallet.errors import WalletError
from wallet.store.watchers import WatcherRow, Watchers
from watcher.console.history import History, Sample
from watcher.console.quantiles import quantile
from watcher.console.readings import REFUNDED, SETTLED, Readings, read

EVERY_S = 5.0

_MEDIAN, _SLOWEST = 0.5, 0.99


class Sampler(Thread):
    """Tells the other watchers what this one did, and adds up what they all did."""

    def __init__(  # noqa: PLR0913
        self,
        registry: CollectorRegistry,
        watchers: Watchers,
        history: History,
        clock: Clock,
        *,
        name: str,
        every_s: float = EVERY_S,
    ) -> None:
        super().__init__(name="console-sampler", daemon=True)
        self._registry = registry
        self._watchers = watchers
        self._history = history
        self._clock = clock
        self._watcher = name
        self._every_s = every_s
        self._stopping = Event()
        self._before = Readings()
        self._tallies: Mapping[str, Mapping[str, int]] | None = None
        self._waiting: float | None = None
        self._sampled_at = time.monotonic()

    def run(self) -> None:
        due = time.monotonic()
        while not self._stopping.is_set():
            self.sample()
            due = max(due + self._every_s, time.monotonic())
            self._stopping.wait(due - time.monotonic())

    def stop(self) -> None:
        self._stopping.set()
        self.join()

    def sample(self) -> None:
        """Add one sample; while the store is away it has gaps."""
        readings = read(self._registry)
        try:
            depth = None if readings.depth is None else int(readings.depth)
            self._watchers.publish(self._watcher, readings.tally, depth)
            rows = self._watchers.all()
        except WalletError:
            rows = None
        self._history.add(self._sample(readings, rows))
        self._before = readings

    def _sample(self, readings: Readings, rows: Sequence[WatcherRow] | None) -> Sample:
        took = {le: count - self._before.took.get(le, 0.0) for le, count in readings.took.items()}
        done = self._done(rows)
        return Sample(
            at=self._clock(),
            seconds=self._elapsed(known=done is not None),
            depth=readings.depth,
            oldest_s=readings.oldest_s,
            rupiah=readings.rupiah,
            arrived=self._arrived(readings, done),
            done=done,
            median_s=quantile(_MEDIAN, took),
            slowest_s=quantile(_SLOWEST, took),
        )

    def _done(self, rows: Sequence[WatcherRow] | None) -> dict[str, int] | None:
        """Return what all watchers did since they were last asked; ``None`` the first time."""
        if rows is None:
            return None
        before, self._tallies = self._tallies, {row.name: row.tally for row in rows}
        if before is None:
            return None
        done: dict[str, int] = {}
        for name, tally in self._tallies.items():
            for outcome, count in tally.items():
                done[outcome] = done.get(outcome, 0) + max(0, count - before.get(name, {}).get(outcome, 0))
        return done

    def _elapsed(self, *, known: bool) -> float:
        """Return the seconds that what was done spreads over: also those in which nobody could ask."""
        elapsed = time.monotonic() - self._sampled_at
        if known:
            self._sampled_at = time.monotonic()
        return elapsed

    def _arrived(self, readings: Readings, done: Mapping[str, int] | None) -> int | None:
        """Return what must have arrived: what left the queue and what the queue grew by."""
        if readings.depth is None:
            return None
        waiting = readings.depth + (readings.parked or 0)
        before, self._waiting = self._waiting, waiting
        if before is None or done is None:
            return None
        return max(0, int(done.get(SETTLED, 0) + done.get(REFUNDED, 0) + waiting - before))
