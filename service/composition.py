"""Builds what the views call, from the settings down to one client of MongoDB."""

from collections.abc import Mapping
from contextlib import ExitStack
from datetime import timedelta
from zoneinfo import ZoneInfo

from prometheus_client import CollectorRegistry

from service.context import Context
from service.etags import Etags
from service.keys.ring import Ring
from service.metrics.accounts import AccountMetrics, CountedAccounts
from service.metrics.postings import PostingMetrics
from service.metrics.rate_limits import RateLimitMetrics
from service.metrics.sessions import FeedMetrics, KeyMetrics, ObservedSessions, SessionMetrics
from service.rate_limits import Door, RateLimit, RateLimits
from service.replies import Replies
from service.settings import ServiceSettings
from service.top_up_gate import TopUpGate
from service.waiting_room import waiting_room
from telemetry import build
from telemetry.store import StoreMetrics
from wallet import clock
from wallet.exports.bucket import Bucket
from wallet.group_commit import GroupCommitter
from wallet.pins import Apart, PinHasher, here
from wallet.rules.pin_guesses import refuse_guessable
from wallet.rules.rate import Rate
from wallet.store.accounts import AccountStore
from wallet.store.buckets import Buckets
from wallet.store.calendar import Calendar
from wallet.store.cases import CaseStore
from wallet.store.client import connect, open_database
from wallet.store.guards import LoginGuards
from wallet.store.health import Health
from wallet.store.history import HistoryStore
from wallet.store.jobs import Jobs
from wallet.store.posting import PostingEngine
from wallet.store.sessions import SessionStore
from wallet.store.statements import StatementStore
from wallet.store.transactions import Transactions
from wallet.use_cases.exports import Exports
from wallet.use_cases.history import History
from wallet.use_cases.movements import Movements
from wallet.use_cases.payees import Payees
from wallet.use_cases.pins import Pins, any_pin
from wallet.use_cases.previews import Previews
from wallet.use_cases.readiness import Readiness
from wallet.use_cases.revocations import Revocations
from wallet.use_cases.sessions import Terms
from wallet.use_cases.statements import Statements
from wallet.use_cases.timelines import Timelines

_MARGIN = timedelta(minutes=5)
"""How much longer than its last access token an ended session is remembered: for clocks that disagree."""


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
    engine = PostingEngine(database, transactions, cap=settings.balance_cap, limits=settings.limits)
    committer = GroupCommitter(
        lambda postings: engine.post(postings, clock.now()), observer=PostingMetrics(registry)
    )
    stack.callback(committer.close)
    users, metrics = AccountStore(database, transactions), AccountMetrics(registry)
    pins = Pins(
        users,
        LoginGuards(database),
        PinHasher(settings.peppers(), apart),
        choice=refuse_guessable if settings.pin_blocklist else any_pin,
        observer=metrics,
    )
    sessions = SessionStore(database, transactions, remembered=settings.access_lifetime + _MARGIN)
    revocations = Revocations(sessions, observer=FeedMetrics(registry))
    revocations.start()
    stack.callback(revocations.close)
    calendar = Calendar(database)
    cases = CaseStore(database, transactions)
    history = History(HistoryStore(database), calendar, cases)
    return Context(
        accounts=CountedAccounts(users, pins, clock.now, metrics),
        sessions=ObservedSessions(
            sessions, users, pins, clock.now, terms=_terms(settings), metrics=SessionMetrics(registry)
        ),
        revocations=revocations,
        ring=Ring(settings.jwt_keys(), lifetime_s=settings.keys_seconds, observer=KeyMetrics(registry)),
        rate_limits=RateLimits(Buckets(database), rate_limits(settings), RateLimitMetrics(registry)),
        top_up_gate=TopUpGate(
            settings.top_up_gate,
            settings.top_up_secret.get_secret_value(),
            window_s=settings.top_up_window_seconds,
        ),
        movements=Movements(committer.submit, cap=settings.balance_cap),
        previews=Previews(lambda posting: engine.foresee(posting, clock.now()), cap=settings.balance_cap),
        payees=Payees(users),
        history=history,
        statements=Statements(StatementStore(database), calendar, clock.now, ZoneInfo(settings.timezone)),
        etags=Etags(f"{settings.revision} {settings.timezone}"),
        exports=Exports(
            Jobs(database),
            users,
            Bucket(settings).link if settings.exports_bucket else None,
            clock.now,
            ZoneInfo(settings.timezone),
        ),
        readiness=Readiness(Health(database)),
        replies=Replies(ZoneInfo(settings.timezone)),
        timelines=Timelines(cases),
        waiting_room=waiting_room(database, history, settings.waiters, registry, stack),
    )


def rate_limits(settings: ServiceSettings) -> Mapping[Door, RateLimit]:
    """Return what the settings allow at each door; without limits, none has one."""
    if not settings.rate_limits:
        return {}
    return {
        Door.LOGIN: RateLimit(Rate(settings.logins_per_address), Rate(settings.logins_in_all)),
        Door.REGISTER: RateLimit(
            Rate(settings.registrations_per_address), Rate(settings.registrations_in_all)
        ),
        Door.LOOKUP: RateLimit(
            Rate(settings.lookups_per_address),
            Rate(settings.lookups_in_all),
            Rate(settings.lookups_per_user),
        ),
        Door.EXPORT: RateLimit(Rate(settings.exports_per_user), Rate(settings.exports_in_all)),
    }


def _terms(settings: ServiceSettings) -> Terms:
    return Terms(
        lifetime=timedelta(days=settings.refresh_token_days),
        grace=timedelta(seconds=settings.refresh_grace_seconds),
        most=settings.sessions_per_user,
    )
