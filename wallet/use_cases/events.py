"""The entries of one's wallet as they are written, each once and in order.

A ring only says that there may be something: what is told is read by its number, so that nothing is missed or
told twice, whoever rang and however often.
"""

from threading import BoundedSemaphore
from uuid import UUID

from wallet.errors import Unauthenticated
from wallet.models import Line
from wallet.store.deadline import within
from wallet.store.history import HistoryStore
from wallet.use_cases.waiters import Awaited, Waiter, Waiters

PAGE = 100
"""Entries in memory at a time."""

READ_S = 2.0
READERS = 8
"""Reads at the same time in one process, each at most so long: those who pay need connections too."""


class Feed:
    """What one follower is told. Close it, or it is waited for in vain."""

    def __init__(
        self, waiter: Waiter, waiters: Waiters, store: HistoryStore, readers: BoundedSemaphore
    ) -> None:
        self._waiter = waiter
        self._waiters = waiters
        self._store = store
        self._readers = readers
        self._more = False

    @property
    def let_go(self) -> bool:
        """Whether the process stops, and the follower must ask another one."""
        return self._waiter.let_go

    def start(self, after: int | None) -> None:
        """Tell what comes after this number, or what is written from now on.

        Raises:
            Unauthenticated: there is no such wallet.
            Unavailable: the store cannot answer now.
        """
        # After joining: what is written from now on rings.
        last = self._store.last_seq(self._waiter.key)
        if last is None:
            raise Unauthenticated
        self._waiter.seen = last if after is None else after
        self._more = self._waiter.seen < last

    def wait(self, seconds: float) -> bool:
        """Return True as soon as there may be something to read, False when there was nothing for so long."""
        return self._more or self._waiter.wait(seconds)

    def read(self) -> list[Line]:
        """Return the next entries, oldest first, up to a page.

        Raises:
            Unavailable: the store does not answer in time.
        """
        self._waiter.heard()
        with self._readers, within(READ_S):
            lines = self._store.after(self._waiter.key, self._waiter.seen, PAGE)
        self._more = len(lines) == PAGE
        if lines:
            self._waiter.seen = lines[-1].entry.seq
        return lines

    def close(self) -> None:
        self._waiters.leave(self._waiter)


class Events:
    """Feeds of wallets."""

    def __init__(self, store: HistoryStore, waiters: Waiters) -> None:
        self._store = store
        self._waiters = waiters
        self._readers = BoundedSemaphore(READERS)

    def follow(self, user: UUID, after: int | None) -> Feed:
        """Return what ``user`` is to be told, after the entry of this number or from now on.

        Raises:
            TooManyWaiters: so many wait already.
            Unauthenticated: there is no such user.
            Unavailable: the store cannot answer now, or the process stops.
        """
        waiter = self._waiters.join(Awaited.EVENTS, user)
        feed = Feed(waiter, self._waiters, self._store, self._readers)
        try:
            feed.start(after)
        except BaseException:
            feed.close()
            raise
        return feed
