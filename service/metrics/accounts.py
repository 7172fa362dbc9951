"""What became of logins and registrations."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter

from wallet import errors
from wallet.clock import Clock
from wallet.group_commit import Overloaded
from wallet.models import User
from wallet.store.accounts import AccountStore
from wallet.use_cases.accounts import Accounts, Registration
from wallet.use_cases.pins import PinObserver, Pins

_SUCCESS = "success"
_FAULTS = (errors.InvalidInput, errors.Unavailable, errors.OutcomeUnknown, Overloaded, errors.WalletError)


class AccountMetrics(PinObserver):
    """Logins and registrations by outcome, which is success or the code of the error; and locks."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.logins = Counter("wallet_logins", "Logins by outcome", ["outcome"], registry=registry)
        self.registrations = Counter(
            "wallet_registrations", "Registrations by outcome", ["outcome"], registry=registry
        )
        self._locks = Counter(
            "wallet_login_locks", "Phone numbers locked after wrong PINs, each time", registry=registry
        )
        for counter, refusals in (
            (self.logins, (errors.WrongCredentials, errors.TooManyAttempts)),
            (self.registrations, (errors.PhoneTaken,)),
        ):
            for outcome in (_SUCCESS, *(error.code for error in (*refusals, *_FAULTS))):
                counter.labels(outcome)

    def locked(self) -> None:
        self._locks.inc()


class CountedAccounts(Accounts):
    """Logins and registrations are counted; the rest is as it is."""

    def __init__(self, store: AccountStore, pins: Pins, clock: Clock, metrics: AccountMetrics) -> None:
        super().__init__(store, pins, clock)
        self._metrics = metrics

    def register(self, wish: Registration) -> User:
        with _counted(self._metrics.registrations):
            return super().register(wish)

    def log_in(self, phone_number: str, pin: str) -> User:
        with _counted(self._metrics.logins):
            return super().log_in(phone_number, pin)


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
