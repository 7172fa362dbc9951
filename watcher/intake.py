"""What is to be executed next: what rang, and what a sweep found."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from wallet.settlement import Pending
from wallet.store.queue import Queue
from watcher.executor import Batch, Executor
from watcher.inbox import Inbox
from watcher.observer import Observer
from watcher.sweeper import Sweeper
from watcher.window import Window


class Intake:
    """Reads batches, one at a time; rings and wishes come from any thread."""

    def __init__(
        self, queue: Queue, executor: Executor, window: Window, sweeper: Sweeper, observer: Observer
    ) -> None:
        self._queue = queue
        self._executor = executor
        self._window = window
        self._sweeper = sweeper
        self._observer = observer
        self._inbox = Inbox()
        self._swept = Pending([], [])
        self._behind = False

    @property
    def behind(self) -> bool:
        """Whether there is a backlog, which the sweeps work off: rings are of no use until they have."""
        return self._behind

    def sweep_soon(self) -> None:
        """Look for what may have arrived without a ring."""
        self._sweeper.ask()

    def sweep_everything(self) -> None:
        """Look for what may have been left, however long ago it arrived."""
        self._sweeper.ask_whole()

    @property
    def full_batch_waits(self) -> bool:
        size = self._window.size
        return len(self._swept.transfers) >= size or len(self._inbox) >= size or self._sweeper.unfinished

    def put(self, ids: Iterable[Any]) -> None:
        """Take note of transfers by their ids."""
        if not self._inbox.put(ids):
            self._behind = True
            self._sweeper.ask()

    def next(self, partitions: Collection[int], server_time: datetime) -> Batch | None:
        """Return a batch that can be executed, or ``None`` when nothing waits.

        Raises:
            Unavailable, StoreFault: the store cannot answer. What was taken must be swept for.
        """
        if not self._swept and self._sweeper.due:
            expected = self._sweeper.asked or len(self._inbox) > 0
            self._swept = self._sweeper.sweep(partitions, server_time)
            self._behind = self._sweeper.unfinished
            self._observer.swept(self._swept, expected=expected)
        if self._swept:
            found, self._swept = self._swept.cut(self._window.size)
            return self._executor.prepare(found)
        self.put(self._executor.due())
        ids = self._inbox.take(self._window.size)
        return self._executor.prepare(self._queue.named(ids)) if ids else None
