"""Who waits in this process, for what, and the bell that wakes them. Nothing here asks the store."""

from collections.abc import Iterable
from enum import StrEnum
from threading import Event, Lock
from uuid import UUID

from wallet.errors import Unavailable
from wallet.models import Transfer


class Awaited(StrEnum):
    """What one can wait for: the end of a transfer, or the next entries of a wallet."""

    TRANSFER = "transfer"
    EVENTS = "events"


class Outcome(StrEnum):
    """How a wait for a transfer ended."""

    SETTLED = "settled"
    TIME_UP = "time_up"
    TURNED_AWAY = "turned_away"
    LET_GO = "let_go"


class TooManyWaiters(Unavailable):
    """Each costs a connection and some memory, and those who pay need both."""

    code = "too_many_waiters"
    message = "Too many clients are waiting already; ask without waiting, or try again shortly"


class WaitObserver:
    """Hears how waits and the stream fare, and does nothing; observers override what they need."""

    def waiting(self, awaited: Awaited, waiters: int) -> None:
        """So many wait now."""

    def turned_away(self, awaited: Awaited) -> None:
        """One more would have been too many, or the process stops."""

    def waited(self, outcome: Outcome) -> None:
        """A wait for a transfer ended."""

    def told(self, transfer: Transfer) -> None:
        """Those who wait for this one are woken."""

    def stream_opened(self) -> None:
        """The stream is open: what is written rings."""

    def stream_left(self) -> None:
        """Nobody waits, so it was closed."""

    def stream_lost(self, fault: Exception) -> None:
        """It is dead, or cannot be opened; looks go on alone."""


class Waiter:
    """One who waits. ``transfer`` is how the awaited one ended; ``seen`` the last entry that was read."""

    __slots__ = ("_rung", "awaited", "key", "let_go", "seen", "transfer")

    def __init__(self, awaited: Awaited, key: UUID) -> None:
        self.awaited = awaited
        self.key = key
        self.transfer: Transfer | None = None
        self.seen = 0
        self.let_go = False
        self._rung = Event()

    def ring(self) -> None:
        self._rung.set()

    def wait(self, seconds: float) -> bool:
        """Return when rung, True, or when time is up, False."""
        return self._rung.wait(seconds)

    def heard(self) -> None:
        """Wait for the next ring. Call it before looking: what comes meanwhile rings again."""
        self._rung.clear()


class Waiters:
    """All who wait, at most ``most``. Joined and left by those who serve requests, rung by the listener."""

    def __init__(self, most: int, observer: WaitObserver | None = None) -> None:
        self._most = most
        self._observer = observer or WaitObserver()
        self._lock = Lock()
        self._by_key: dict[Awaited, dict[bytes, list[Waiter]]] = {one: {} for one in Awaited}
        self._counts = dict.fromkeys(Awaited, 0)
        self._somebody = Event()
        self._closed = False

    def join(self, awaited: Awaited, key: UUID) -> Waiter:
        """Wait for a transfer, or for the entries of a wallet.

        Raises:
            TooManyWaiters: so many wait already.
            Unavailable: the process stops.
        """
        with self._lock:
            if self._closed or sum(self._counts.values()) >= self._most:
                self._observer.turned_away(awaited)
                raise Unavailable if self._closed else TooManyWaiters
            waiter = Waiter(awaited, key)
            self._by_key[awaited].setdefault(key.bytes, []).append(waiter)
            self._count(awaited, 1)
        self._somebody.set()
        return waiter

    def leave(self, waiter: Waiter) -> None:
        """Wait no more. Twice is as good as once."""
        with self._lock:
            waiting = self._by_key[waiter.awaited].get(waiter.key.bytes, [])
            if waiter not in waiting:
                return
            waiting.remove(waiter)
            if not waiting:
                del self._by_key[waiter.awaited][waiter.key.bytes]
            self._count(waiter.awaited, -1)
            if not any(self._counts.values()) and not self._closed:
                self._somebody.clear()

    def await_somebody(self, seconds: float | None = None) -> bool:
        """Return True as soon as somebody waits; False when nobody has for so long, or the process stops."""
        return self._somebody.wait(seconds) and not self._closed

    def keys(self, awaited: Awaited) -> list[UUID]:
        """Return what is waited for."""
        with self._lock:
            return [UUID(bytes=key) for key in self._by_key[awaited]]

    def among(self, awaited: Awaited, keys: Iterable[bytes | None]) -> set[UUID]:
        """Return those of ``keys`` that somebody waits for."""
        # Without the lock: a look into a dict is atomic, and most keys are nobody's.
        waiting = self._by_key[awaited]
        return {UUID(bytes=key) for key in keys if key is not None and key in waiting}

    def tell(self, transfer: Transfer) -> None:
        """Wake those who wait for ``transfer``, which has ended."""
        self._observer.told(transfer)
        for waiter in self._waiting(Awaited.TRANSFER, transfer.id):
            waiter.transfer = transfer
            waiter.ring()

    def ring(self, wallet: UUID, seq: int | None = None) -> None:
        """Wake those who wait for entries of ``wallet``, or only who has not seen it up to ``seq``."""
        for waiter in self._waiting(Awaited.EVENTS, wallet):
            if seq is None or waiter.seen < seq:
                waiter.ring()

    def let_go(self) -> None:
        """Wake everybody, with what is known now, and let nobody wait any more."""
        with self._lock:
            self._closed = True
            waiting = [one for by_key in self._by_key.values() for some in by_key.values() for one in some]
        for waiter in waiting:
            waiter.let_go = True
            waiter.ring()
        self._somebody.set()  # for the listener, who stops

    def _waiting(self, awaited: Awaited, key: UUID) -> list[Waiter]:
        with self._lock:
            return list(self._by_key[awaited].get(key.bytes, ()))

    def _count(self, awaited: Awaited, change: int) -> None:
        self._counts[awaited] += change
        self._observer.waiting(awaited, self._counts[awaited])
