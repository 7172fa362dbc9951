"""``python -m watcher``: the composition root of a watcher process."""

import os
import signal
import socket
import sys
from contextlib import ExitStack
from functools import partial
from threading import Thread

from prometheus_client import REGISTRY, disable_created_metrics

from telemetry import build
from telemetry.store import StoreMetrics
from wallet import clock
from wallet.audit.rolling import RollingCheck
from wallet.garbage import collect_seldom
from wallet.logs import configure
from wallet.store.arrivals import arrivals
from wallet.store.client import connect, open_database
from wallet.store.health import Health
from wallet.store.membership import Membership
from wallet.store.oplog import oplog_window_s
from wallet.store.proofs import Proofs
from wallet.store.queue import Queue
from wallet.store.settling import SettlementEngine
from wallet.store.transactions import Transactions
from wallet.use_cases.readiness import Readiness
from watcher.console.assembly import Watched, console
from watcher.console.chronicle import Chronicle
from watcher.doorbell import Doorbell
from watcher.drift import DriftWatch
from watcher.drift_metrics import DriftMetrics
from watcher.executor import Batch, Executor
from watcher.exports.assembly import Part, exporting
from watcher.log import LogObserver
from watcher.loop import Loop
from watcher.metrics.loop import export_stall
from watcher.metrics.observers import observers
from watcher.metrics.readings import Readings
from watcher.observer import Observers
from watcher.ops import OpsServer, create_app
from watcher.settings import WatcherSettings
from watcher.share import DEAD_AFTER_S, Share
from watcher.sweeper import Sweeper
from watcher.transfers import Transfers
from watcher.window import Window

_STOP = {signal.SIGTERM, signal.SIGINT}


def main() -> int:
    # Before any thread starts: they inherit it, and the signals are left to the one that waits for them.
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP)
    settings = WatcherSettings()
    configure(settings.log_format, settings.log_level)
    with ExitStack() as stack:
        loop = _assemble(settings, stack)
        collect_seldom()
        loop.run()
    return 0


def _assemble(settings: WatcherSettings, stack: ExitStack) -> Loop[Batch]:
    """Build and start everything around the loop; ``stack`` stops it, last started first."""
    # When a counter was made is of no use to anybody, and doubles the series.
    disable_created_metrics()  # type: ignore[no-untyped-call]
    build.register(REGISTRY, settings.revision)
    store_metrics = StoreMetrics(REGISTRY)
    client = stack.enter_context(
        connect(settings.mongodb_uri, application="dompet-watcher", observer=store_metrics)
    )
    database = open_database(client, settings.mongodb_database)
    name = f"{socket.gethostname()}-{os.getpid()}"
    chronicle = Chronicle(clock.now)
    drift = _drift_watch(settings, Proofs(database))
    observer = Observers(LogObserver(), *observers(REGISTRY, clock.now), chronicle, drift)
    queue = Queue(database)
    engine = SettlementEngine(
        database, Transactions(client, observer=store_metrics), cap=settings.balance_cap
    )
    window = Window(settings.batch_size)
    executor = Executor(engine, queue, window, observer, clock.now)
    share = Share(Membership(database, name, dead_after_s=DEAD_AFTER_S), observer, name=name)
    loop = Loop(Transfers(queue, executor, window, Sweeper(queue), share, observer=observer), observer)
    export_stall(REGISTRY, lambda: loop.stalled_s)
    app = create_app(REGISTRY, lambda: loop.stalled_s, Readiness(Health(database)).check)
    watched = Watched(name, REGISTRY, chronicle, observer.refunded)
    sampler = stack.enter_context(console(settings, app, watched))
    _start(
        stack,
        OpsServer(app, settings.listen_host, settings.own_port),
        Readings(queue.backlog, partial(oplog_window_s, client), REGISTRY, clock.now),
        sampler,
        Doorbell(partial(arrivals, database), loop, observer),
        drift,
        *(exporting(database, REGISTRY, name) if settings.exports_bucket else ()),
    )
    _stop_on_signals(loop)
    return loop


def _start(stack: ExitStack, *parts: Part) -> None:
    for part in parts:
        part.start()
        stack.callback(part.stop)


def _drift_watch(settings: WatcherSettings, proofs: Proofs) -> DriftWatch:
    return DriftWatch(
        RollingCheck(proofs, clock.now),
        proofs,
        DriftMetrics(REGISTRY),
        share=settings.drift_share,
        every_s=settings.drift_pass_seconds,
    )


def _stop_on_signals(loop: Loop[Batch]) -> None:
    """Wait for them on a thread: a handler would interrupt the loop, which may hold the lock it needs."""

    def wait() -> None:
        seen = set()
        while (number := signal.sigwait(_STOP)) not in seen:
            seen.add(number)
            loop.stop()
        os._exit(128 + number)  # the second one kills

    Thread(target=wait, name="signals", daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
