"""Builds what waits, wakes and tells when to come again: everything around one stream and two threads."""

from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

from prometheus_client import CollectorRegistry

from service.metrics.waiting import WaitingMetrics
from wallet import clock
from wallet.store.entry_stream import entry_stream
from wallet.store.history import HistoryStore
from wallet.store.opening import Store
from wallet.store.outcomes import Outcomes
from wallet.store.watchers import Watchers
from wallet.use_cases.events import Events
from wallet.use_cases.history import History
from wallet.use_cases.listener import Listener
from wallet.use_cases.pace import Pace
from wallet.use_cases.waiters import Waiters
from wallet.use_cases.waiting import Waiting

_LOOK_S = 2.0
"""The longest a look at the watchers' rows may take."""


@dataclass(frozen=True, slots=True)
class WaitingRoom:
    """What views need of it."""

    waiting: Waiting
    events: Events
    pace: Pace
    waiters: Waiters


def waiting_room(
    database: Store, history: History, most: int, registry: CollectorRegistry, stack: ExitStack
) -> WaitingRoom:
    """Return the waiting room of one process, with room for ``most``. Closing ``stack`` lets everybody go."""
    metrics = WaitingMetrics(registry, clock.now)
    waiters = Waiters(most, metrics)
    listener = Listener(partial(entry_stream, database), Outcomes(database), waiters, observer=metrics)
    pace = Pace(Watchers(database, bound_s=_LOOK_S).all)
    for part in (listener, pace):
        part.start()
        stack.callback(part.close)
    events = Events(HistoryStore(database), waiters)
    return WaitingRoom(Waiting(history, waiters, metrics), events, pace, waiters)
