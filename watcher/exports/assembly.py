"""Builds the parts that make exports: a loop of its own, on its own thread, so that money never waits."""

from collections.abc import Sequence
from functools import partial
from threading import Thread
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


class Part(Protocol):
    """What is started and stopped with the process."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


class Beside(Thread):
    """Runs a loop beside the one of the process."""

    def __init__(self, loop: Loop[Any], name: str) -> None:
        super().__init__(name=name, daemon=True)
        self._loop = loop

    def run(self) -> None:
        self._loop.run()

    def stop(self) -> None:
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
        Beside(loop, "exports"),
        Doorbell(partial(arrivals, database, "jobs"), loop, observer),
    )
