"""Which sessions have ended, known in each process without asking the database at each request.

Four times a second a thread reads what ended since it last looked. ``FRESH_S`` after somebody was told that a
session has ended, every process turns its tokens away: one that has not heard for longer asks the database,
request by request, and where that cannot answer, nobody is let in.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from uuid import UUID

from wallet.errors import WalletError
from wallet.store.sessions import SessionStore

EVERY_S = 0.25
FRESH_S = 1.0

_RELOAD_S = 30.0
"""Between two looks at everything: what is no longer remembered is forgotten here too."""

_OVERLAP = timedelta(seconds=30)
"""An end is dated when it is written and seen when it is committed, which may be in another order; and the
clock of a new primary may be behind the old one's."""

_EVER = datetime.fromtimestamp(0, UTC)


class FeedObserver:
    """Hears how the feed fares, and does nothing; observers override what they need."""

    def heard(self) -> None:
        """What ended is known as of now."""

    def failed(self, fault: WalletError) -> None:
        """The store did not say."""

    def asked(self) -> None:
        """The feed was too old for a request, so the store was asked."""


class Revocations:
    """The sessions that ended, as far as any token of theirs could still be good."""

    def __init__(
        self,
        store: SessionStore,
        *,
        observer: FeedObserver | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._observer = observer or FeedObserver()
        self._clock = clock
        self._ended: set[UUID] = set()
        self._latest = _EVER
        self._as_of = self._reload_at = float("-inf")
        self._closing = Event()
        self._thread = Thread(target=self._run, name="revocations", daemon=True)

    def ended(self, session: UUID) -> bool:
        """Whether ``session`` has ended, as of a second ago or later.

        Raises:
            Unavailable: nobody knows.
        """
        if session in self._ended:
            return True
        if self._clock() - self._as_of <= FRESH_S:
            return False
        self._observer.asked()
        return self._store.has_ended(session)

    def look(self) -> None:
        """Read what ended since the last look.

        Raises:
            Unavailable: the store does not say.
        """
        asked_at = self._clock()
        if asked_at >= self._reload_at:
            found = self._store.ended(_EVER)
            self._ended = {end.session for end in found}
            self._reload_at = asked_at + _RELOAD_S
        else:
            found = self._store.ended(self._latest - _OVERLAP)
            self._ended.update(end.session for end in found)
        self._latest = max((end.at for end in found), default=self._latest)
        self._as_of = asked_at  # when the question was asked: the answer may be as old as that
        self._observer.heard()

    def start(self) -> None:
        """Look again and again, until it is closed."""
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self.look()
            except WalletError as fault:
                self._observer.failed(fault)
            self._closing.wait(EVERY_S)
