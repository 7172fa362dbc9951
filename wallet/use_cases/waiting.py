"""Waiting for the end of one transfer."""

from dataclasses import dataclass
from uuid import UUID

from wallet.errors import Unavailable
from wallet.models import Transfer, TransferStatus
from wallet.use_cases.history import History
from wallet.use_cases.waiters import Awaited, Outcome, Waiter, Waiters, WaitObserver


@dataclass(frozen=True, slots=True)
class Seen:
    """A transfer as it was seen last; ``waited`` says whether one was let wait for it."""

    transfer: Transfer
    waited: bool

    @property
    def settled(self) -> bool:
        return self.transfer.status is not TransferStatus.PENDING


class Waiting:
    """Reads of transfers that take their time."""

    def __init__(self, history: History, waiters: Waiters, observer: WaitObserver | None = None) -> None:
        self._history = history
        self._waiters = waiters
        self._observer = observer or WaitObserver()

    def transfer(self, user: UUID, transfer_id: UUID, seconds: float) -> Seen:
        """Return a transfer of ``user`` as soon as it has ended, or as it is after ``seconds``.

        When too many wait already, it is returned as it is now.

        Raises:
            NotFound: there is none, or it is between others.
            Unavailable: the store cannot answer now.
        """
        try:
            waiter = self._waiters.join(Awaited.TRANSFER, transfer_id)
        except Unavailable:
            self._observer.waited(Outcome.TURNED_AWAY)
            return Seen(self._history.transfer(user, transfer_id), waited=False)
        try:
            return self._await(waiter, user, seconds)
        finally:
            self._waiters.leave(waiter)

    def _await(self, waiter: Waiter, user: UUID, seconds: float) -> Seen:
        # Joined first, read then: what ends from now on rings.
        found = Seen(self._history.transfer(user, waiter.key), waited=True)
        if found.settled:
            return self._ended(found, Outcome.SETTLED)
        if not waiter.wait(seconds):
            return self._late(found, user)
        if waiter.transfer is None:
            return self._ended(Seen(found.transfer, waited=False), Outcome.LET_GO)
        return self._ended(Seen(waiter.transfer, waited=True), Outcome.SETTLED)

    def _late(self, found: Seen, user: UUID) -> Seen:
        """Look once more, for nobody may have rung: what was seen first is an answer too."""
        try:
            found = Seen(self._history.transfer(user, found.transfer.id), waited=True)
        except Unavailable:
            return self._ended(found, Outcome.TIME_UP)
        return self._ended(found, Outcome.SETTLED if found.settled else Outcome.TIME_UP)

    def _ended(self, seen: Seen, outcome: Outcome) -> Seen:
        self._observer.waited(outcome)
        return seen
