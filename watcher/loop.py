"""The loop: the rows are the queue, the stream is the doorbell, the sweep is the guarantee."""

import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event

from wallet.errors import Unavailable
from wallet.rules.partition import PARTITIONS, owned
from wallet.settlement import Pending
from wallet.store.arrivals import Arrival
from wallet.store.faults import StoreFault
from wallet.store.membership import Membership
from wallet.store.queue import Queue
from watcher.executor import Executor
from watcher.inbox import Inbox
from watcher.observer import Observer
from watcher.window import Window

BEAT_S = 1.0
DEAD_AFTER_S = 2.5
"""A watcher that has not been heard of for so long has no partitions."""

TAKEOVER = timedelta(seconds=3.5)
"""Whatever has waited longer may be executed by anyone."""

SWEEP_S = 1.0
SWEEP_SHARE = 20
LONGEST_REST_S = 5.0
"""Sweep once a second, but rest twenty times as long as the sweep took, and never longer than this."""

SWEEP_ROWS = 5_000
"""Rows in memory, at most."""

IDLE_S = 0.5
"""Without a ring, turn that often."""

_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 2.0

Monotonic = Callable[[], float]


class Loop:
    """One watcher: it executes what rings, and sweeps for what did not."""

    def __init__(  # noqa: PLR0913
        self,
        queue: Queue,
        executor: Executor,
        window: Window,
        membership: Membership,
        observer: Observer,
        *,
        name: str,
        monotonic: Monotonic = time.monotonic,
    ) -> None:
        self._queue = queue
        self._executor = executor
        self._window = window
        self._membership = membership
        self._observer = observer
        self._name = name
        self._monotonic = monotonic
        self._rung = Event()
        self._stopping = Event()
        self._sweep_asked = Event()
        self._inbox = Inbox()
        self._swept = Pending([], [])
        self._partitions = list(range(PARTITIONS))
        self._server_time: datetime | None = None
        self._next_beat = 0.0
        self._next_sweep = 0.0
        self._turned_at = monotonic()

    @property
    def stalled_s(self) -> float:
        """Seconds since the loop last turned, whether or not the store answered."""
        return self._monotonic() - self._turned_at

    def ring(self, arrival: Arrival) -> None:
        """Say that a transfer arrived; it is this watcher's if its partition is. From any thread."""
        if arrival.partition in self._partitions:
            self._inbox.put([arrival.id])
            self._rung.set()

    def sweep_soon(self) -> None:
        """Say that something may have arrived without a ring. From any thread."""
        self._sweep_asked.set()
        self._rung.set()

    def stop(self) -> None:
        """Finish what was begun, then end. From any thread; not from a signal handler, which may deadlock."""
        self._stopping.set()
        self._rung.set()

    def run(self) -> None:
        """Turn until told to stop; what was begun is finished, the rest is left to the others."""
        pause_s = _FIRST_PAUSE_S
        while not self._stopping.is_set():
            try:
                self.turn()
                pause_s = _FIRST_PAUSE_S
                self._rung.wait(IDLE_S)
            except (Unavailable, StoreFault) as fault:
                self._observer.paused(fault)
                self._stopping.wait(pause_s * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, no secret
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
                self.sweep_soon()  # what was in hand is in the queue still
        self._leave()

    def turn(self) -> None:
        """Execute everything that waits for this watcher, a batch at a time."""
        self._rung.clear()
        while not self._stopping.is_set():
            self._turned_at = self._monotonic()
            self._beat_when_due()
            self._sweep_when_due()
            batch = self._next_batch()
            if batch is None:
                return
            self._inbox.put(self._executor.execute(batch))

    def _beat_when_due(self) -> None:
        """Say that this watcher lives and learn who else does."""
        if self._monotonic() < self._next_beat:
            return
        roll = self._membership.beat()
        self._next_beat = self._monotonic() + BEAT_S
        self._server_time = roll.at
        partitions = owned(self._name, roll.alive)
        if partitions != self._partitions:
            self._partitions = partitions
            self._sweep_asked.set()  # what came with the new ones has rung elsewhere
        self._observer.membership(roll.alive, partitions)

    def _sweep_when_due(self) -> None:
        if self._swept:
            return
        if self._inbox.has_overflowed():
            self._sweep_asked.set()
        started = self._monotonic()
        if started < self._next_sweep and not self._sweep_asked.is_set():
            return
        asked = self._sweep_asked.is_set()
        self._sweep_asked.clear()  # before the look: whoever asks amid it wants another
        self._swept = self._sweep()
        self._observer.swept(self._swept, expected=asked or not self._inbox.is_empty())
        now = self._monotonic()
        self._next_sweep = now + min(max(SWEEP_S, SWEEP_SHARE * (now - started)), LONGEST_REST_S)
        if len(self._swept.transfers) >= SWEEP_ROWS:
            self._sweep_asked.set()

    def _sweep(self) -> Pending:
        """Return rows in no partition, one's own, and what the others left undone."""
        strays = self._queue.strays(SWEEP_ROWS)
        return strays + self._queue.pending(self._partitions, SWEEP_ROWS) + self._left_undone()

    def _left_undone(self) -> Pending:
        foreign = sorted(set(range(PARTITIONS)).difference(self._partitions))
        if not foreign or self._server_time is None:
            return Pending([], [])
        return self._queue.overdue(foreign, self._server_time - TAKEOVER, SWEEP_ROWS)

    def _next_batch(self) -> Pending | None:
        if self._swept:
            batch, self._swept = self._swept.cut(self._window.size)
            return batch
        ids = self._inbox.take(self._window.size)
        return self._queue.named(ids) if ids else None

    def _leave(self) -> None:
        try:
            self._membership.leave()
        except (Unavailable, StoreFault) as fault:
            self._observer.paused(fault)
