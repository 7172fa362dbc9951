"""The loop: the rows are the queue, the stream is the doorbell, the sweep is the guarantee."""

import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event

from wallet.errors import Unavailable
from wallet.rules.partition import PARTITIONS, owned
from wallet.settlement import Pending
from wallet.store.faults import StoreFault
from wallet.store.membership import Membership
from wallet.store.queue import Queue
from watcher.executor import Executor
from watcher.observer import Observer
from watcher.window import Window

BEAT_S = 1.0
DEAD_AFTER_S = 2.5
"""A watcher that has not been heard of for so long has no partitions."""

TAKEOVER = timedelta(seconds=3.5)
"""Whatever has waited longer may be executed by anyone."""

IDLE_S = 0.5
"""Without a ring, look that often."""

_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 2.0

Monotonic = Callable[[], float]


class Loop:
    """One watcher. ``rung`` wakes it; set it together with ``stopping`` to stop it at once."""

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
        self.rung = Event()
        self.stopping = Event()
        self._queue = queue
        self._executor = executor
        self._membership = membership
        self._observer = observer
        self._name = name
        self._window = window
        self._monotonic = monotonic
        self._partitions: list[int] = list(range(PARTITIONS))
        self._unswept: datetime | None = None
        self._next_beat = 0.0
        self._turned_at = monotonic()

    @property
    def stalled_s(self) -> float:
        """Seconds since the loop last turned, whether or not the store answered."""
        return self._monotonic() - self._turned_at

    def run(self) -> None:
        """Turn until ``stopping`` is set; what was begun is finished, the rest is left to the others."""
        pause_s = _FIRST_PAUSE_S
        while not self.stopping.is_set():
            try:
                self.turn()
                pause_s = _FIRST_PAUSE_S
                self.rung.wait(IDLE_S)
            except (Unavailable, StoreFault) as fault:
                self._observer.paused(fault)
                self.stopping.wait(pause_s * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, no secret
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
        self._leave()

    def turn(self) -> None:
        """Execute everything that waits for this watcher, a batch at a time."""
        self.rung.clear()
        while True:
            self._turned_at = self._monotonic()
            batch = self._next_batch()
            if not batch or self.stopping.is_set():
                return
            self._executor.execute(batch)

    def _next_batch(self) -> Pending:
        size = self._window.size
        if self._beat_when_due() and (strays := self._queue.strays(size)):
            return strays  # however busy: nobody else looks for them
        return self._queue.pending(self._partitions, size) or self._left_behind(size)

    def _beat_when_due(self) -> bool:
        """Say that this watcher lives and learn who else does; return whether it was time to."""
        if self._monotonic() < self._next_beat:
            return False
        roll = self._membership.beat()
        self._next_beat = self._monotonic() + BEAT_S
        self._unswept = roll.at
        self._partitions = owned(self._name, roll.alive)
        self._observer.membership(roll.alive, self._partitions)
        return True

    def _left_behind(self, size: int) -> Pending:
        """Return what the others left undone; once a beat, when there is nothing of one's own."""
        server_time, self._unswept = self._unswept, None
        return self._queue.overdue(server_time - TAKEOVER, size) if server_time else Pending([], [])

    def _leave(self) -> None:
        try:
            self._membership.leave()
        except (Unavailable, StoreFault) as fault:
            self._observer.paused(fault)
