"""What became of logins and registrations."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter

from wallet import errors
from wallet.clock import Clock
from wallet.group_commit import Overloaded
from wallet.models import User
from wallet.pins import PinHasher
from wallet.store.accounts import AccountStore
from wallet.use_cases.accounts import Accounts, Registration

_SUCCESS = "success"
_FAULTS = (errors.InvalidInput, errors.Unavailable, errors.OutcomeUnknown, Overloaded, errors.WalletError)


class AccountMetrics:
    """Two counters, each by outcome: success, or the code of the error."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.logins = Counter("wallet_logins", "Logins by outcome", ["outcome"], registry=registry)
        self.registrations = Counter(
            "wallet_registrations", "Registrations by outcome", ["outcome"], registry=registry
        )
        for counter, refusal in (
            (self.logins, errors.WrongCredentials),
            (self.registrations, errors.PhoneTaken),
        ):
            for outcome in (_SUCCESS, *(error.code for error in (refusal, *_FAULTS))):
                counter.labels(outcome)


class CountedAccounts(Accounts):
    """Logins and registrations are counted; the rest is as it is."""

    def __init__(self, store: AccountStore, hasher: PinHasher, clock: Clock, metrics: AccountMetrics) -> None:
        super().__init__(store, hasher, clock)
        self._metrics = metrics

    def register(self, wish: Registration) -> User:
        with _counted(self._metrics.registrations):
            return super().register(wish)

    def log_in(self, phone_number: str, given_pin: str) -> User:
        with _counted(self._metrics.logins):
            return super().log_in(phone_number, given_pin)


@contextmanager
def _counted(counter: Counter) -> Iterator[None]:
    try:
        yield
    except Exception as fault:
        # The codes are written in the source, so there are no more of them than classes.
        code = fault.code if isinstance(fault, errors.WalletError) else errors.WalletError.code
        counter.labels(code).inc()
        raise
    counter.labels(_SUCCESS).inc()
