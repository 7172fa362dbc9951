"""Builds the parts that make exports: a loop of its own, on its own thread, so that money never waits."""

from collections.abc import Sequence
from functools import partial
from threading import Event, Thread
from typing import Any, Protocol

from prometheus_client import CollectorRegistry

from wallet import clock
from wallet.store.arrivals import arrivals
from wallet.store.jobs import Jobs
from wallet.store.opening import Store
from watcher.doorbell import Doorbell
from watcher.exports.child import make
from watcher.exports.log import ExportLog, LoopLog
from watcher.exports.metrics import ExportMetrics
from watcher.exports.observer import ExportObservers
from watcher.exports.readings import ExportReadings
from watcher.exports.work import Exports
from watcher.loop import Loop
from watcher.observer import Observer

PAUSE_S = 1.0
"""After a fault that nobody thought of."""


class Part(Protocol):
    """What is started and stopped with the process."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


class Beside(Thread):
    """Runs a loop beside the one of the process, again and again: what breaks it must not end it for good."""

    def __init__(self, loop: Loop[Any], observer: Observer, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self._loop = loop
        self._observer = observer
        self._stopping = Event()

    def run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._loop.run()
            except Exception as fault:  # noqa: BLE001 - whatever it is, the next export has its turn
                self._observer.paused(fault)
                self._stopping.wait(PAUSE_S)

    def stop(self) -> None:
        self._stopping.set()
        self._loop.stop()
        self.join()


def exporting(database: Store, registry: CollectorRegistry, name: str) -> Sequence[Part]:
    """Return the parts, in the order in which they are to be started.

    Args:
        database: the wallet's.
        registry: where the metrics go.
        name: of this watcher, unlike any other's.
    """
    jobs, observer = Jobs(database), LoopLog()
    work = Exports(jobs, make, ExportObservers(ExportLog(), ExportMetrics(registry)), name=name)
    loop = Loop(work, observer)
    return (
        ExportReadings(jobs.waiting, registry, clock.now),
        Beside(loop, observer, "exports"),
        Doorbell(partial(arrivals, database, "jobs"), loop, observer),
    )
