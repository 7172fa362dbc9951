"""Builds the console, with a client of its own: its reads never take a connection from the loop."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from zoneinfo import ZoneInfo

from flask import Flask
from prometheus_client import CollectorRegistry

from wallet import clock
from wallet.settlement import Refund
from wallet.store.case_lists import CaseLists
from wallet.store.cases import CaseStore
from wallet.store.client import connect, open_database
from wallet.store.marking import OperatorMarks
from wallet.store.settling import SettlementEngine
from wallet.store.transactions import Transactions
from wallet.store.watchers import Watchers
from wallet.use_cases.operations import Operations
from watcher.console.blueprint import MOST_AT_ONCE, create_blueprint
from watcher.console.chronicle import Chronicle
from watcher.console.gate import Gate
from watcher.console.history import History
from watcher.console.readings import read
from watcher.console.sampler import EVERY_S, Sampler
from watcher.console.site import Site
from watcher.settings import WatcherSettings

_READ_S = 3.0
"""The longest a read for a page may take."""


@dataclass(frozen=True, slots=True)
class Watched:
    """The watcher that the console is about."""

    name: str
    registry: CollectorRegistry
    chronicle: Chronicle
    refunded: Callable[[Sequence[Refund]], None]
    """Told of refunds that an operator makes, so that they are counted with the others."""


@contextmanager
def console(settings: WatcherSettings, app: Flask, watched: Watched) -> Iterator[Sampler]:
    """Add the pages to ``app``; yield the sampler, to be started."""
    with connect(settings.mongodb_uri, application="dompet-console", pool_size=MOST_AT_ONCE + 1) as client:
        database = open_database(client, settings.mongodb_database)
        watchers = Watchers(database, bound_s=_READ_S)
        history = History(EVERY_S)
        operations = Operations(
            CaseStore(database, Transactions(client, bound_s=_READ_S)),
            OperatorMarks(database),
            SettlementEngine(database, Transactions(client), cap=settings.balance_cap),
            clock.now,
            cap=settings.balance_cap,
            refunded=watched.refunded,
        )
        site = Site(
            name=watched.name,
            zone=ZoneInfo(settings.timezone),
            readings=partial(read, watched.registry),
            history=history,
            chronicle=watched.chronicle,
            lists=CaseLists(database, bound_s=_READ_S),
            watchers=watchers,
            operations=operations,
            gate=Gate(settings.console_token),
        )
        app.register_blueprint(create_blueprint(site))
        yield Sampler(watched.registry, watchers, history, clock.now, name=watched.name)
