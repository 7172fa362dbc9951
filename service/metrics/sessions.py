"""What became of refreshes, of the feed of ended sessions, and of the keys."""

from uuid import UUID

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge

from service.keys.ring import RingObserver
from service.keys.sources import SourceFault
from wallet import errors
from wallet.clock import Clock
from wallet.store.accounts import AccountStore
from wallet.store.sessions import SessionStore
from wallet.use_cases.pins import Pins
from wallet.use_cases.revocations import FeedObserver
from wallet.use_cases.sessions import Grant, Sessions, Terms

_log = structlog.get_logger("service.keys")

_ROTATED = "rotated"
_REPEATED = "repeated"
_REPLAYED = "replayed"
_FAULTS = (errors.Unauthenticated, errors.Unavailable, errors.WalletError)


class SessionMetrics:
    """One counter of refreshes, by outcome: rotated, repeated, replayed, or the code of the error."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.refreshes = Counter("wallet_refreshes", "Refreshes by outcome", ["outcome"], registry=registry)
        for outcome in (_ROTATED, _REPEATED, _REPLAYED, *(error.code for error in _FAULTS)):
            self.refreshes.labels(outcome)


class ObservedSessions(Sessions):
    """Sessions, whose refreshes are counted."""

    def __init__(  # noqa: PLR0913
        self,
        store: SessionStore,
        accounts: AccountStore,
        pins: Pins,
        clock: Clock,
        *,
        terms: Terms,
        metrics: SessionMetrics,
    ) -> None:
        super().__init__(store, accounts, pins, clock, terms=terms)
        self._metrics = metrics

    def refresh(self, session_id: UUID, secret: str) -> Grant:
        try:
            grant = super().refresh(session_id, secret)
        except errors.RefreshReplayed:
            self._metrics.refreshes.labels(_REPLAYED).inc()
            raise
        except errors.WalletError as fault:
            self._metrics.refreshes.labels(fault.code).inc()
            raise
        self._metrics.refreshes.labels(_REPEATED if grant.repeated else _ROTATED).inc()
        return grant


class FeedMetrics(FeedObserver):
    """How old the feed is, by its oldest worker, and what it cost that it was too old."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._heard = Gauge(
            "wallet_revocation_feed_timestamp_seconds",
            "When ended sessions were last read; of a pod, by the worker for which that is longest ago",
            multiprocess_mode="livemin",
            registry=registry,
        )
        self._heard.set_to_current_time()
        self._asked = Counter(
            "wallet_revocation_lookups",
            "Requests that asked the database, because the feed was too old",
            registry=registry,
        )

    def heard(self) -> None:
        self._heard.set_to_current_time()

    def asked(self) -> None:
        self._asked.inc()


class KeyMetrics(RingObserver):
    """Reads of the keys that failed."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._failures = Counter(
            "wallet_key_ring_failures", "Times the keys of tokens could not be read again", registry=registry
        )

    def changed(self, signing: str, known: int) -> None:
        _log.info("keys_changed", kid=signing, known=known)

    def failed(self, fault: SourceFault) -> None:
        self._failures.inc()
        _log.error("keys_not_read", reason=str(fault))
