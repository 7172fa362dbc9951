"""Executes a batch of pending transfers; a poison one is found, set apart, and delays nobody for long."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from wallet.clock import Clock
from wallet.errors import Unavailable
from wallet.settlement import MALFORMED, NO_DEBIT, POISON, Pending, Settlement, Vouched
from wallet.store.faults import StoreFault
from wallet.store.queue import Queue
from wallet.store.settling import Overtaken, SettlementEngine
from wallet.store.transactions import Collision
from watcher.lanes import Attempt, Lanes
from watcher.observer import Observer
from watcher.reasons import reason_of
from watcher.retries import Retries
from watcher.window import Window

ATTEMPTS = 5
"""After so many failed attempts a transfer is refunded."""

FIRST_DELAY_S = 0.2
"""Before the second attempt; it doubles with each."""

# Faults of the whole store: no transfer is to blame, and none is refunded for them.
_NOBODYS_FAULT = (Unavailable, StoreFault)


@dataclass(frozen=True, slots=True)
class Batch:
    """Pending transfers as they can be executed: ``doubtful`` are the ids that no debit vouches for."""

    vouched: Vouched
    doubtful: Sequence[UUID]
    malformed: Sequence[Any]

    def __len__(self) -> int:
        return len(self.vouched.transfers) + len(self.doubtful) + len(self.malformed)


class Executor:
    """Settle what can be settled, refund what cannot, park what can be neither."""

    def __init__(  # noqa: PLR0913
        self,
        engine: SettlementEngine,
        queue: Queue,
        window: Window,
        observer: Observer,
        clock: Clock,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._window = window
        self._queue = queue
        self._observer = observer
        self._clock = clock
        self._lanes = Lanes()
        self._retries = Retries(monotonic)

    def due(self) -> list[UUID]:
        """Return the ids of transfers that failed and whose next attempt is due."""
        return self._retries.due()

    def prepare(self, pending: Pending) -> Batch:
        """Read all that can be read before a transaction begins. From any thread, one at a time.

        Raises:
            Unavailable, StoreFault: the store cannot answer.
        """
        vouched, doubtful = self._engine.vouch(pending.transfers, self._clock())
        return Batch(vouched, doubtful, pending.malformed)

    def execute(self, batch: Batch) -> list[UUID]:
        """Bring each row of ``batch`` one step further.

        Returns:
            The ids of transfers that others got in the way of: look at them again.

        Raises:
            Unavailable, StoreFault: the store cannot answer; what was not committed is still pending.
        """
        self._observer.picked_up(batch.vouched.transfers)
        picked_up_at = batch.vouched.picked_up_at
        self._set_apart(batch.malformed, picked_up_at)
        self._give_up(dict.fromkeys(batch.doubtful, NO_DEBIT), picked_up_at)
        return self._settle(batch.vouched)

    def _set_apart(self, malformed: Sequence[Any], picked_up_at: datetime | None) -> None:
        """Give up rows that cannot be read. The ledger knows nothing of an id that is no UUID."""
        self._give_up({one: MALFORMED for one in malformed if isinstance(one, UUID)}, picked_up_at)
        for one in malformed:
            if not isinstance(one, UUID):
                self._park(one, MALFORMED)

    def _settle(self, vouched: Vouched) -> list[UUID]:
        if not vouched.transfers:
            return []
        date = self._clock()
        attempts = self._lanes.settle(vouched, lambda lane: self._engine.settle(lane, date))
        self._resize(len(vouched.transfers), attempts)
        # Faults of the store last: they end the turn, and what the other lane has done must be told.
        ordered = sorted(attempts, key=lambda attempt: isinstance(attempt.outcome, _NOBODYS_FAULT))
        return [one for attempt in ordered for one in self._conclude(attempt)]

    def _resize(self, size: int, attempts: Sequence[Attempt]) -> None:
        if any(isinstance(attempt.outcome, Collision) for attempt in attempts):
            self._window.collided(size)
        elif all(isinstance(attempt.outcome, Settlement) for attempt in attempts):
            self._window.passed(size)

    def _conclude(self, attempt: Attempt) -> list[UUID]:
        """Do what the outcome asks for, and return the ids to look at again."""
        match attempt.outcome:
            case Settlement(credited, declined):
                self._observer.credited(credited, attempt.seconds)
                self._give_up(declined, attempt.vouched.picked_up_at)
                return []
            case Overtaken() | Collision():
                return [one.id for one in attempt.vouched.transfers]
            case Unavailable() | StoreFault() as fault:
                raise fault
            case fault:  # whatever it is, it must not stop the others
                return self._isolate(attempt.vouched, fault)

    def _isolate(self, vouched: Vouched, fault: Exception) -> list[UUID]:
        """Halve the batch until the poison stands alone."""
        if len(vouched.transfers) == 1:
            self._blame(vouched.transfers[0].id, fault, vouched.picked_up_at)
            return []
        first, second = vouched.halves()
        return self._settle(first) + self._settle(second)

    def _blame(self, transfer_id: UUID, fault: Exception, picked_up_at: datetime | None) -> None:
        attempts = self._queue.retry_later(transfer_id, FIRST_DELAY_S, reason_of(fault))
        if attempts >= ATTEMPTS:
            self._give_up({transfer_id: POISON}, picked_up_at)
        else:
            self._retries.add(transfer_id, FIRST_DELAY_S * 2 ** (attempts - 1))
            self._observer.retried(transfer_id, attempts, fault)

    def _give_up(self, reasons: Mapping[Any, str], picked_up_at: datetime | None) -> None:
        if not reasons:
            return
        try:
            refunds = self._engine.give_up(reasons, self._clock(), picked_up_at)
        except _NOBODYS_FAULT:
            raise
        except Exception:  # noqa: BLE001 - as in _settle
            self._give_up_apart(reasons, picked_up_at)
            return
        self._observer.refunded(refunds.refunded)
        for transfer_id, reason in refunds.stuck.items():
            self._park(transfer_id, reason)

    def _give_up_apart(self, reasons: Mapping[Any, str], picked_up_at: datetime | None) -> None:
        if len(reasons) == 1:
            for transfer_id, reason in reasons.items():
                self._park(transfer_id, reason)
            return
        middle = len(reasons) // 2
        pairs = iter(reasons.items())
        self._give_up(dict(islice(pairs, middle)), picked_up_at)
        self._give_up(dict(pairs), picked_up_at)

    def _park(self, transfer_id: Any, reason: str) -> None:
        self._queue.park(transfer_id, reason)
        self._observer.parked(transfer_id, reason)
