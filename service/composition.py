"""Builds what the views call, from the settings down to one client of MongoDB."""

from collections.abc import Mapping
from contextlib import ExitStack
from zoneinfo import ZoneInfo

from prometheus_client import CollectorRegistry

from service.context import Context
from service.limits import Door, Limit, Limits
from service.metrics.accounts import AccountMetrics, CountedAccounts
from service.metrics.limits import LimitMetrics
from service.metrics.postings import PostingMetrics
from service.replies import Replies
from service.settings import ServiceSettings
from telemetry import build
from telemetry.store import StoreMetrics
from wallet import clock
from wallet.group_commit import GroupCommitter
from wallet.pins import Apart, PinHasher, here
from wallet.rules.pin_guesses import refuse_guessable
from wallet.rules.rate import Rate
from wallet.store.accounts import AccountStore
from wallet.store.buckets import Buckets
from wallet.store.client import connect, open_database
from wallet.store.guards import LoginGuards
from wallet.store.health import Health
from wallet.store.history import HistoryStore
from wallet.store.posting import PostingEngine
from wallet.store.transactions import Transactions
from wallet.use_cases.history import History
from wallet.use_cases.movements import Movements
from wallet.use_cases.pins import Pins, any_pin
from wallet.use_cases.readiness import Readiness


def compose(settings: ServiceSettings, stack: ExitStack, apart: Apart = here) -> Context:
    """Return the context of one process. Closing ``stack`` commits what waits and disconnects.

    Args:
        settings: the process's.
        stack: what is opened is closed by it.
        apart: where PINs are hashed.
    """
    registry = CollectorRegistry()
    build.register(registry, settings.revision)
    store_metrics = StoreMetrics(registry)
    client = stack.enter_context(
        connect(settings.mongodb_uri, application="dompet-api", observer=store_metrics)
    )
    database = open_database(client, settings.mongodb_database)
    transactions = Transactions(client, observer=store_metrics)
    engine = PostingEngine(database, transactions, cap=settings.balance_cap)
    committer = GroupCommitter(
        lambda postings: engine.post(postings, clock.now()), observer=PostingMetrics(registry)
    )
    stack.callback(committer.close)
    users, metrics = AccountStore(database, transactions), AccountMetrics(registry)
    pins = Pins(
        users,
        LoginGuards(database),
        PinHasher(settings.peppers, apart),
        choice=refuse_guessable if settings.pin_blocklist else any_pin,
        observer=metrics,
    )
    return Context(
        accounts=CountedAccounts(users, pins, clock.now, metrics),
        limits=Limits(Buckets(database), limits(settings), LimitMetrics(registry)),
        movements=Movements(committer.submit, cap=settings.balance_cap),
        history=History(HistoryStore(database)),
        readiness=Readiness(Health(database)),
        replies=Replies(ZoneInfo(settings.timezone)),
    )


def limits(settings: ServiceSettings) -> Mapping[Door, Limit]:
    """Return what the settings allow at each door; without limits, none has one."""
    if not settings.rate_limits:
        return {}
    return {
        Door.LOGIN: Limit(Rate(settings.logins_per_address), Rate(settings.logins_in_all)),
        Door.REGISTER: Limit(Rate(settings.registrations_per_address), Rate(settings.registrations_in_all)),
    }
