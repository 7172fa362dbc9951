"""Watchers that are made of the real parts and turned by hand, and somebody who writes down what they did."""

import time
from collections.abc import Callable
from itertools import count
from uuid import UUID

from factories import settlement_engine
from pymongo.database import Database

from wallet import clock
from wallet.settlement import Pending
from wallet.store.client import Document
from wallet.store.membership import Membership
from wallet.store.queue import Queue
from wallet.store.settling import SettlementEngine
from watcher.executor import Executor
from watcher.loop import Loop
from watcher.observer import Observer
from watcher.share import DEAD_AFTER_S, Share
from watcher.sweeper import Sweeper
from watcher.transfers import Transfers
from watcher.window import Window

PATIENCE_S = 30.0

_numbers = count(1)


class Watch:
    """A clock that stands still until it is told to go on; seconds."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


class Diary(Observer):
    """What an observer hears, by transfer."""

    def __init__(self):
        self.settled = []
        self.refunds = {}
        self.retries = []
        self.parks = {}
        self.pauses = []
        self.rolls = []
        self.streams = []

    def credited(self, transfers, seconds):
        assert seconds >= 0
        self.settled += [one.id for one in transfers]

    def refunded(self, refunds):
        self.refunds |= {one.debit.operation: one.reason for one in refunds}

    def retried(self, transfer_id, attempts, fault):
        self.retries.append((transfer_id, attempts, type(fault)))

    def parked(self, transfer_id, reason):
        self.parks[transfer_id] = reason

    def paused(self, fault):
        self.pauses.append(fault)

    def stream_opened(self):
        self.streams.append("opened")

    def stream_left(self):
        self.streams.append("left")

    def stream_lost(self, fault):
        self.streams.append(type(fault))

    def membership(self, alive, owned):
        self.rolls.append((sorted(alive), list(owned)))


def make_executor(
    database: Database[Document],
    diary: Diary,
    *,
    engine: SettlementEngine | None = None,
    window: Window | None = None,
) -> Executor:
    return Executor(
        engine or settlement_engine(database), Queue(database), window or Window(500), diary, clock.now
    )


def execute_rows(executor: Executor, rows: Pending) -> list[UUID]:
    """Execute ``rows`` as the loop does; return what must be looked at again."""
    return executor.execute(executor.prepare(rows))


def make_loop(  # noqa: PLR0913
    database: Database[Document],
    diary: Diary,
    *,
    name: str | None = None,
    engine: SettlementEngine | None = None,
    batch_size: int = 500,
    monotonic: Callable[[], float] = time.monotonic,
) -> Loop:
    name = name or f"watcher-{next(_numbers)}"
    window = Window(batch_size)
    executor = make_executor(database, diary, engine=engine, window=window)
    membership = Membership(database, name, dead_after_s=DEAD_AFTER_S)
    share = Share(membership, diary, name=name, monotonic=monotonic)
    work = Transfers(
        Queue(database), executor, window, Sweeper(Queue(database), monotonic), share, observer=diary
    )
    return Loop(work, diary, monotonic=monotonic)


def wait_until(true: Callable[[], object], *, within_s: float = PATIENCE_S) -> float:
    """Return the seconds it took for ``true`` to become so."""
    start = time.monotonic()
    while not true():
        assert time.monotonic() - start < within_s, "it did not happen in time"
        time.sleep(0.01)
    return time.monotonic() - start
