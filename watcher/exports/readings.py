"""How many exports wait and for how long, read on a timer."""

from collections.abc import Callable
from threading import Event, Thread

from prometheus_client import CollectorRegistry

from wallet.clock import Clock
from wallet.errors import WalletError
from wallet.store.jobs import Waiting
from watcher.metrics.known import KnownGauge, Reading

EVERY_S = 5.0
_FRESH_S = 60.0


class ExportReadings(Thread):
    """Reads on a thread of its own: the loop may be at an export for long."""

    def __init__(self, waiting: Callable[[], Waiting], registry: CollectorRegistry, clock: Clock) -> None:
        super().__init__(name="export-readings", daemon=True)
        self._read = waiting
        self._clock = clock
        self._stopping = Event()
        self._waiting: Reading[Waiting] = Reading(_FRESH_S)
        for name, documentation, read in (
            ("wallet_exports_waiting", "Exports that are not finished", self._count),
            ("wallet_export_oldest_waiting_age_seconds", "Age of the oldest of them", self._age),
        ):
            KnownGauge(name, f"{documentation}; the same on every watcher", read, registry)

    def run(self) -> None:
        while not self._stopping.is_set():
            self._look()
            self._stopping.wait(EVERY_S)

    def stop(self) -> None:
        self._stopping.set()
        self.join()

    def _look(self) -> None:
        try:
            self._waiting.put(self._read())
        except WalletError:
            return  # not known, then; the loop reports a store that is away

    def _count(self) -> float | None:
        return waiting.count if (waiting := self._waiting.get()) else None

    def _age(self) -> float | None:
        waiting = self._waiting.get()
        if waiting is None:
            return None
        return max(0.0, (self._clock() - waiting.oldest).total_seconds()) if waiting.oldest else 0.0
