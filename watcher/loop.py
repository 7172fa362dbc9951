"""The loop: the rows are the queue, the stream is the doorbell, the sweep is the guarantee."""

import random
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Event

from wallet.errors import Unavailable
from wallet.rules.partition import PARTITIONS, owned
from wallet.store.arrivals import Arrival
from wallet.store.faults import StoreFault
from wallet.store.membership import Membership
from watcher.executor import Batch, Executor
from watcher.intake import Intake
from watcher.observer import Observer

BEAT_S = 1.0
DEAD_AFTER_S = 2.5
"""A watcher that has not been heard of for so long has no partitions."""

IDLE_S = 0.5
"""Without a ring, turn that often."""

CROWD = 5
GATHER_S = 0.04
"""After a batch of so many, let the next one gather: a commit costs nearly the same for one as for fifty."""

_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 2.0

Monotonic = Callable[[], float]


class Loop:
    """One watcher: it executes what rings, and sweeps for what did not."""

    def __init__(  # noqa: PLR0913
        self,
        intake: Intake,
        executor: Executor,
        membership: Membership,
        observer: Observer,
        *,
        name: str,
        monotonic: Monotonic = time.monotonic,
    ) -> None:
        self._intake = intake
        self._executor = executor
        self._membership = membership
        self._observer = observer
        self._name = name
        self._monotonic = monotonic
        self._rung = Event()
        self._stopping = Event()
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="read-ahead")
        self._ahead: Future[Batch | None] | None = None
        self._partitions = list(range(PARTITIONS))
        self._server_time = datetime.min.replace(tzinfo=UTC)
        self._next_beat = 0.0
        self._turned_at = monotonic()

    @property
    def stalled_s(self) -> float:
        """Seconds since the loop last turned, whether or not the store answered."""
        return self._monotonic() - self._turned_at

    def ring(self, arrival: Arrival) -> None:
        """Say that a transfer arrived; it is this watcher's if its partition is. From any thread."""
        if arrival.partition in self._partitions:
            self._intake.put([arrival.id])
            self._rung.set()

    @property
    def behind(self) -> bool:
        """Whether ringing is of no use now: there is a backlog, and the sweeps work it off."""
        return self._intake.behind

    def sweep_soon(self) -> None:
        """Say that something may have arrived without a ring. From any thread."""
        self._intake.sweep_soon()
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
                self._stopping.wait(pause_s * random.uniform(0.5, 1.0))  # noqa: S311 - jitter  # nosec B311
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
                self._intake.sweep_everything()  # what was in hand is in the queue still
        self._reader.shutdown()
        self._leave()

    def turn(self) -> None:
        """Execute everything that waits for this watcher, a batch at a time."""
        self._rung.clear()
        while not self._stopping.is_set():
            self._turned_at = self._monotonic()
            self._beat_when_due()
            batch = self._next_batch()
            if batch is None:
                return
            self._read_ahead()
            self._intake.put(self._executor.execute(batch))
            if self._ahead is None and len(batch) >= CROWD:
                self._stopping.wait(GATHER_S)

    def _next_batch(self) -> Batch | None:
        """Return what was read ahead, or read now. Never both at once: the intake is not made for it."""
        ahead, self._ahead = self._ahead, None
        return ahead.result() if ahead else self._read()

    def _read_ahead(self) -> None:
        """While a backlog is worked off, read the next batch amid the transaction of this one."""
        if self._intake.full_batch_waits:
            self._ahead = self._reader.submit(self._read)

    def _read(self) -> Batch | None:
        return self._intake.next(self._partitions, self._server_time)

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
            self._intake.sweep_everything()  # what came with the new ones has rung elsewhere
        self._observer.membership(roll.alive, partitions)

    def _leave(self) -> None:
        try:
            self._membership.leave()
        except (Unavailable, StoreFault) as fault:
            self._observer.paused(fault)
