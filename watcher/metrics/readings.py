"""What is read from the store on a timer: the state of the queue and the window of the oplog."""

import time
from collections.abc import Callable
from threading import Event, Thread
from typing import TypeVar

from prometheus_client import CollectorRegistry

from wallet.clock import Clock
from wallet.errors import WalletError
from wallet.store.queue import Backlog
from watcher.metrics.known import KnownGauge, Reading

Value = TypeVar("Value")

_REST = 20
_LONGEST_REST_S = 30.0
_FRESH_S = 60.0
"""What was read longer ago is not known any more. Longer than the longest rest and the longest read."""


class Readings(Thread):
    """Reads on a thread of its own, so that a long queue never slows the loop."""

    def __init__(
        self,
        backlog: Callable[[], Backlog],
        oplog_window: Callable[[], float | None],
        registry: CollectorRegistry,
        clock: Clock,
        *,
        every_s: float = 5.0,
    ) -> None:
        super().__init__(name="readings", daemon=True)
        self._read_backlog = backlog
        self._read_oplog_window = oplog_window
        self._clock = clock
        self._every_s = every_s
        self._stopping = Event()
        self._backlog: Reading[Backlog] = Reading(_FRESH_S)
        self._oplog_window: Reading[float | None] = Reading(_FRESH_S)
        for name, documentation, read in (
            ("wallet_transfer_queue_depth", "Transfers that wait, without the parked ones", self._depth),
            ("wallet_transfer_oldest_pending_age_seconds", "Age of the oldest that waits", self._age),
            ("wallet_transfers_parked", "Transfers that wait for an operator", self._parked),
            ("wallet_transfers_pending_rupiah", "Money in flight, that of parked ones too", self._rupiah),
            (
                "wallet_mongodb_oplog_window_seconds",
                "From the oldest to the newest entry of the oplog; absent where this user may not read it",
                self._oplog_window.get,
            ),
        ):
            KnownGauge(name, f"{documentation}; the same on every watcher", read, registry)

    def run(self) -> None:
        while not self._stopping.is_set():
            started = time.monotonic()
            _read(self._read_backlog, self._backlog)
            _read(self._read_oplog_window, self._oplog_window)
            # A look into the index can take a second after a busy time: rest the longer.
            rest_s = _REST * (time.monotonic() - started)
            self._stopping.wait(min(max(self._every_s, rest_s), _LONGEST_REST_S))

    def stop(self) -> None:
        self._stopping.set()
        self.join()

    def _depth(self) -> float | None:
        return backlog.depth if (backlog := self._backlog.get()) else None

    def _parked(self) -> float | None:
        return backlog.parked if (backlog := self._backlog.get()) else None

    def _rupiah(self) -> float | None:
        return backlog.rupiah if (backlog := self._backlog.get()) else None

    def _age(self) -> float | None:
        backlog = self._backlog.get()
        if backlog is None:
            return None
        return max(0.0, (self._clock() - backlog.oldest).total_seconds()) if backlog.oldest else 0.0


def _read(ask: Callable[[], Value], reading: Reading[Value]) -> None:
    try:
        reading.put(ask())
    except WalletError:
        return  # not known, then; the loop reports a store that is away
