"""``python -m watcher``: the composition root of a watcher process."""

import os
import signal
import socket
import sys
from contextlib import ExitStack
from functools import partial
from types import FrameType

from prometheus_client import REGISTRY

from wallet import clock
from wallet.logs import configure
from wallet.store.arrivals import arrivals
from wallet.store.client import connect, open_database
from wallet.store.health import Health
from wallet.store.membership import Membership
from wallet.store.queue import Queue
from wallet.store.settling import SettlementEngine
from wallet.store.transactions import Transactions
from wallet.use_cases.readiness import Readiness
from watcher.doorbell import Doorbell
from watcher.executor import Executor
from watcher.log import LogObserver
from watcher.loop import DEAD_AFTER_S, Loop
from watcher.metrics import MetricsObserver, QueueGauges
from watcher.observer import Observers
from watcher.ops import OpsServer, create_app
from watcher.settings import WatcherSettings
from watcher.window import Window


def main() -> int:
    settings = WatcherSettings()
    configure(settings.log_format, settings.log_level)
    with ExitStack() as stack:
        _assemble(settings, stack).run()
    return 0


def _assemble(settings: WatcherSettings, stack: ExitStack) -> Loop:
    """Build and start everything around the loop; ``stack`` stops it, last started first."""
    client = stack.enter_context(connect(settings.mongodb_uri, application="dompet-watcher"))
    database = open_database(client, settings.mongodb_database)
    name = f"{socket.gethostname()}-{os.getpid()}"
    observer = Observers(LogObserver(), MetricsObserver(REGISTRY, clock.now))
    queue = Queue(database)
    engine = SettlementEngine(database, Transactions(client), cap=settings.balance_cap)
    window = Window(settings.batch_size)
    loop = Loop(
        queue,
        Executor(engine, queue, window, observer, clock.now),
        window,
        Membership(database, name, dead_after_s=DEAD_AFTER_S),
        observer,
        name=name,
    )
    app = create_app(REGISTRY, lambda: loop.stalled_s, Readiness(Health(database)).check)
    for part in (
        OpsServer(app, settings.own_port),
        QueueGauges(queue, REGISTRY, clock.now),
        Doorbell(partial(arrivals, database), loop.rung, observer),
    ):
        part.start()
        stack.callback(part.stop)
    _stop_on_signals(loop)
    return loop


def _stop_on_signals(loop: Loop) -> None:
    def stop(number: int, _frame: FrameType | None) -> None:
        loop.stopping.set()
        loop.rung.set()
        signal.signal(number, signal.SIG_DFL)  # the second one kills

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)


if __name__ == "__main__":
    sys.exit(main())
