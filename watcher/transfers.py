"""The work on transfers: what is to be executed next, of what rang and of what a sweep found."""

from collections.abc import Iterable
from typing import Any

from wallet.settlement import Pending
from wallet.store.arrivals import Arrival
from wallet.store.queue import Queue
from watcher.executor import Batch, Executor
from watcher.inbox import Inbox
from watcher.observer import Observer
from watcher.share import Share
from watcher.sweeper import Sweeper
from watcher.window import Window


class Transfers:
    """Reads batches, one at a time, and has them executed; rings and wishes come from any thread."""

    def __init__(  # noqa: PLR0913
        self,
        queue: Queue,
        executor: Executor,
        window: Window,
        sweeper: Sweeper,
        share: Share,
        *,
        observer: Observer,
    ) -> None:
        self._queue = queue
        self._executor = executor
        self._window = window
        self._sweeper = sweeper
        self._share = share
        self._observer = observer
        self._inbox = Inbox()
        self._swept = Pending([], [])
        self._behind = False

    @property
    def behind(self) -> bool:
        """Whether there is a backlog, which the sweeps work off: rings are of no use until they have."""
        return self._behind

    @property
    def full_batch_waits(self) -> bool:
        size = self._window.size
        return len(self._swept.transfers) >= size or len(self._inbox) >= size or self._sweeper.unfinished

    def ring(self, arrival: Arrival) -> bool:
        """Take note of a transfer if its partition is this watcher's, and say whether it is."""
        if arrival.partition not in self._share.partitions:
            return False
        self._put([arrival.id])
        return True

    def sweep_soon(self) -> None:
        """Look for what may have arrived without a ring."""
        self._sweeper.ask()

    def sweep_everything(self) -> None:
        """Look for what may have been left, however long ago it arrived."""
        self._sweeper.ask_whole()

    def begin(self) -> None:
        """Beat when it is time. What came with new partitions has rung elsewhere."""
        if self._share.beat_when_due():
            self._sweeper.ask_whole()

    def next(self) -> Batch | None:
        """Return a batch that can be executed, or ``None`` when nothing waits.

        Raises:
            Unavailable, StoreFault: the store cannot answer. What was taken must be swept for.
        """
        if not self._swept and self._sweeper.due:
            expected = self._sweeper.asked or len(self._inbox) > 0
            self._swept = self._sweeper.sweep(self._share.partitions, self._share.server_time)
            self._behind = self._sweeper.unfinished
            self._observer.swept(self._swept, expected=expected)
        if self._swept:
            found, self._swept = self._swept.cut(self._window.size)
            return self._executor.prepare(found)
        self._put(self._executor.due())
        ids = self._inbox.take(self._window.size)
        return self._executor.prepare(self._queue.named(ids)) if ids else None

    def execute(self, batch: Batch) -> None:
        """Execute ``batch``, and take note of what is to be looked at again."""
        self._put(self._executor.execute(batch))

    def stop(self) -> None:
        """Do nothing: a batch is short, and is finished."""

    def leave(self) -> None:
        self._share.leave()

    def _put(self, ids: Iterable[Any]) -> None:
        """Take note of transfers by their ids."""
        if not self._inbox.put(ids):
            self._behind = True
            self._sweeper.ask()
