"""Group commit: postings that wait at the same moment share one transaction, as in a database's log.

A lone posting goes at once; while its commit runs, the next ones gather and become the next batch. So the
batches are as large as the load asks for, and nobody waits for company.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import Empty, Full, Queue
from threading import Thread

from wallet.errors import OutcomeUnknown, Unavailable
from wallet.ledger import Outcome
from wallet.models import Posting

Commit = Callable[[Sequence[Posting]], Sequence[Outcome]]

LARGEST_BATCH = 100
"""Postings to a transaction, at most."""

LONGEST_QUEUE = 1_000
"""Postings that may wait; one more is turned away at once."""

PATIENCE_S = 9.0
"""The longest a caller waits for its outcome."""


class Overloaded(Unavailable):
    """More postings wait than can be committed in time."""

    code = "overloaded"
    message = "Too many requests are waiting; try again shortly"


class GroupCommitter:
    """Commits what many threads submit, one batch at a time, on a thread of its own."""

    def __init__(
        self,
        commit: Commit,
        *,
        largest_batch: int = LARGEST_BATCH,
        longest_queue: int = LONGEST_QUEUE,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._commit = commit
        self._largest_batch = largest_batch
        self._patience_s = patience_s
        self._waiting: Queue[_Item | None] = Queue(longest_queue)
        self._thread = Thread(target=self._run, name="group-commit", daemon=True)
        self._thread.start()

    def submit(self, posting: Posting) -> Outcome:
        """Commit ``posting``, alone or in company, and return its own outcome.

        Raises:
            Overloaded: too many wait; nothing was written.
            Unavailable: it was not committed in time; nothing was written.
            OutcomeUnknown: its commit has begun and no answer has come.
        """
        item = _Item(posting)
        try:
            self._waiting.put_nowait(item)
        except Full:
            raise Overloaded from None
        try:
            return item.future.result(self._patience_s)
        except TimeoutError:
            # Whoever cancels before the commit begins knows that nothing was written.
            raise (Unavailable if item.future.cancel() else OutcomeUnknown) from None

    def close(self) -> None:
        """Commit what waits, then stop."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch = [item for item in self._gather(first) if item.future.set_running_or_notify_cancel()]
            self._settle(batch)

    def _gather(self, first: "_Item") -> list["_Item"]:
        """Return ``first`` and whatever else waits by now."""
        batch = [first]
        while len(batch) < self._largest_batch:
            try:
                item = self._waiting.get_nowait()
            except Empty:
                break
            if item is None:
                self._waiting.put(None)  # closing: this batch first
                break
            batch.append(item)
        return batch

    def _settle(self, batch: Sequence["_Item"]) -> None:
        if not batch:
            return
        try:
            outcomes = self._commit([item.posting for item in batch])
        except Unavailable as fault:
            self._fail(batch, fault)
        except Exception as fault:  # noqa: BLE001 - one bad posting must not fail its neighbours
            self._divide(batch, fault)
        else:
            for item, outcome in zip(batch, outcomes, strict=True):
                item.future.set_result(outcome)

    def _divide(self, batch: Sequence["_Item"], fault: Exception) -> None:
        if len(batch) == 1:
            self._fail(batch, fault)
            return
        middle = len(batch) // 2
        self._settle(batch[:middle])
        self._settle(batch[middle:])

    def _fail(self, batch: Sequence["_Item"], fault: Exception) -> None:
        for item in batch:
            item.future.set_exception(fault)


class _Item:
    """A posting that waits and the future of its outcome."""

    __slots__ = ("future", "posting")

    def __init__(self, posting: Posting) -> None:
        self.posting = posting
        self.future: Future[Outcome] = Future()
