"""Group commit: postings that wait at the same moment share one transaction, as in a database's log.

A lone posting goes at once; while its commit runs, the next ones gather and become the next batch. So the
batches are as large as the load asks for. In a crowd a batch gathers for a moment longer: a commit costs
nearly the same for ten as for thirty.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import Empty, Full, Queue
from threading import Thread
from time import perf_counter, sleep

from wallet.errors import OutcomeUnknown, Unavailable
from wallet.ledger import Outcome
from wallet.models import Posting

Commit = Callable[[Sequence[Posting]], Sequence[Outcome]]

LARGEST_BATCH = 100
"""Postings to a transaction, at most."""

LONGEST_QUEUE = 1_000
"""Postings that may wait; one more is turned away at once."""

CROWD = 8
GATHER_S = 0.004
"""After a batch of so many, the next one gathers for so long."""

PATIENCE_S = 7.5
"""The longest a caller waits for its outcome. It may have waited two seconds before, to be let in."""


class Overloaded(Unavailable):
    """More postings wait than can be committed in time."""

    code = "overloaded"
    message = "Too many requests are waiting; try again shortly"


class CommitObserver:
    """Hears what becomes of postings, each once, and does nothing; observers override what they need."""

    def waiting(self, postings: int) -> None:
        """So many wait now."""

    def attempted(self, postings: int, seconds: float) -> None:
        """A transaction for so many took ``seconds``, with its retries, whether or not it was committed."""

    def committed(self, postings: Sequence[Posting], outcomes: Sequence[Outcome]) -> None:
        """These have their outcomes; a declined one wrote nothing."""

    def failed(self, postings: Sequence[Posting], fault: Exception) -> None:
        """These got no outcome, for this reason."""


class GroupCommitter:
    """Commits what many threads submit, one batch at a time, on a thread of its own."""

    def __init__(
        self,
        commit: Commit,
        *,
        largest_batch: int = LARGEST_BATCH,
        longest_queue: int = LONGEST_QUEUE,
        patience_s: float = PATIENCE_S,
        observer: CommitObserver | None = None,
    ) -> None:
        self._commit = commit
        self._observer = observer or CommitObserver()
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
            self._observer.failed([posting], Overloaded())
            raise Overloaded from None
        self._tell_waiting()
        try:
            return item.future.result(self._patience_s)
        except TimeoutError:
            raise self._impatient(item) from None

    def close(self) -> None:
        """Commit what waits, then stop."""
        self._waiting.put(None)
        self._thread.join()

    def _impatient(self, item: "_Item") -> Unavailable:
        """Give up on ``item``. Whoever cancels before the commit begins knows that nothing was written."""
        if not item.future.cancel():
            return OutcomeUnknown()  # what becomes of it is told when its commit ends
        fault = Unavailable()
        self._observer.failed([item.posting], fault)
        return fault

    def _run(self) -> None:
        batch: list[_Item] = []
        while (first := self._waiting.get()) is not None:
            if len(batch) >= CROWD:
                sleep(GATHER_S)
            batch = [item for item in self._gather(first) if item.future.set_running_or_notify_cancel()]
            self._tell_waiting()
            self._settle(batch)
            self._tell_waiting()

    def _tell_waiting(self) -> None:
        self._observer.waiting(self._waiting.qsize())

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
        postings = [item.posting for item in batch]
        try:
            outcomes = self._timed(postings)
        except Unavailable as fault:
            self._fail(batch, fault)
        except Exception as fault:  # noqa: BLE001 - one bad posting must not fail its neighbours
            self._divide(batch, fault)
        else:
            for item, outcome in zip(batch, outcomes, strict=True):
                item.future.set_result(outcome)
            self._observer.committed(postings, outcomes)

    def _timed(self, postings: Sequence[Posting]) -> Sequence[Outcome]:
        started = perf_counter()
        try:
            return self._commit(postings)
        finally:
            self._observer.attempted(len(postings), perf_counter() - started)

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
        self._observer.failed([item.posting for item in batch], fault)


class _Item:
    """A posting that waits and the future of its outcome."""

    __slots__ = ("future", "posting")

    def __init__(self, posting: Posting) -> None:
        self.posting = posting
        self.future: Future[Outcome] = Future()
