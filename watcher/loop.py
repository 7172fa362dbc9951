"""The loop: the rows are the queue, the stream is the doorbell, the sweep is the guarantee."""

import random
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import Generic

from wallet.errors import Unavailable
from wallet.store.arrivals import Arrival
from wallet.store.faults import StoreFault
from watcher.observer import Observer
from watcher.work import Batch, Work

IDLE_S = 0.5
"""Without a ring, turn that often."""

CROWD = 5
GATHER_S = 0.04
"""After a batch of so many, let the next one gather: a commit costs nearly the same for one as for fifty."""

_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 2.0

Monotonic = Callable[[], float]


class Loop(Generic[Batch]):
    """Does one kind of work: it executes what rings, and sweeps for what did not."""

    def __init__(
        self, work: Work[Batch], observer: Observer, *, monotonic: Monotonic = time.monotonic
    ) -> None:
        self._work = work
        self._observer = observer
        self._monotonic = monotonic
        self._rung = Event()
        self._stopping = Event()
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="read-ahead")
        self._ahead: Future[Batch | None] | None = None
        self._turned_at = monotonic()

    @property
    def stalled_s(self) -> float:
        """Seconds since the loop last turned, whether or not the store answered."""
        return self._monotonic() - self._turned_at

    def ring(self, arrival: Arrival) -> None:
        """Say that something arrived; whether it is to be done here, the work knows. From any thread."""
        if self._work.ring(arrival):
            self._rung.set()

    @property
    def behind(self) -> bool:
        """Whether ringing is of no use now: there is a backlog, and the sweeps work it off."""
        return self._work.behind

    def sweep_soon(self) -> None:
        """Say that something may have arrived without a ring. From any thread."""
        self._work.sweep_soon()
        self._rung.set()

    def stop(self) -> None:
        """Finish what was begun, then end. From any thread; not from a signal handler, which may deadlock."""
        self._stopping.set()
        self._work.stop()
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
                self._stopping.wait(pause_s * random.uniform(0.5, 1.0))  # noqa: S311 - jitter  # nosec B311
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
                self._work.sweep_everything()  # what was in hand is in the queue still
        self._reader.shutdown()
        self._leave()

    def turn(self) -> None:
        """Execute everything that waits, a batch at a time."""
        self._rung.clear()
        while not self._stopping.is_set():
            self._turned_at = self._monotonic()
            self._work.begin()
            batch = self._next_batch()
            if batch is None:
                return
            self._read_ahead()
            self._work.execute(batch)
            if self._ahead is None and len(batch) >= CROWD:
                self._stopping.wait(GATHER_S)

    def _next_batch(self) -> Batch | None:
        """Return what was read ahead, or read now. Never both at once: the work is not made for it."""
        ahead, self._ahead = self._ahead, None
        return ahead.result() if ahead else self._work.next()

    def _read_ahead(self) -> None:
        """While a backlog is worked off, read the next batch amid the transaction of this one."""
        if self._work.full_batch_waits:
            self._ahead = self._reader.submit(self._work.next)

    def _leave(self) -> None:
        try:
            self._work.leave()
        except (Unavailable, StoreFault) as fault:
            self._observer.paused(fault)
