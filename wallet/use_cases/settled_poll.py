"""Waiting for a transfer by asking for it again and again."""

import time
from collections.abc import Callable
from uuid import UUID

from wallet.models import TransferStatus
from wallet.store.history import HistoryStore

FIRST_PAUSE_S = 0.02
LONGEST_PAUSE_S = 0.5
_GROWTH = 1.5


class SettledPoll:
    """Asks seldom and seldomer: most transfers are settled in a few milliseconds, the others take longer."""

    def __init__(
        self,
        store: HistoryStore,
        *,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._sleep = sleep
        self._monotonic = monotonic

    def wait_until_settled(self, transfer_id: UUID, seconds: float) -> bool:
        """Return whether the transfer is settled, as soon as it is and after ``seconds`` at the latest."""
        ends, pause = self._monotonic() + seconds, FIRST_PAUSE_S
        while not self._is_settled(transfer_id):
            left = ends - self._monotonic()
            if left <= 0:
                return False
            self._sleep(min(pause, left))
            pause = min(pause * _GROWTH, LONGEST_PAUSE_S)
        return True

    def _is_settled(self, transfer_id: UUID) -> bool:
        transfer = self._store.transfer(transfer_id)
        return transfer is not None and transfer.status is not TransferStatus.PENDING
