"""PINs of the owners of wallets: how one is chosen, and the one way to find out whether it is right."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from wallet import trail
from wallet.errors import TooManyAttempts, Unavailable, WalletError, WrongCredentials
from wallet.models import User
from wallet.pins import PinHasher, Verdict
from wallet.rules.login_guard import locks, wait_after
from wallet.rules.pin import check_pin
from wallet.rules.pin_guesses import refuse_guessable
from wallet.store.accounts import AccountStore
from wallet.store.guards import Attempt, LoginGuards

Choice = Callable[[str, str, str], None]
"""Refuses a PIN, sent as a field of this name, that may not be chosen for a phone number."""


def any_pin(_pin: str, _phone_number: str, _field: str) -> None:
    """Let everybody have the PIN they like."""


class PinObserver:
    """Hears of locks. This one keeps them to itself."""

    def locked(self) -> None:
        pass


class Pins:
    """Counts a try first and looks at the PIN then: whoever dies between the two has used it up."""

    def __init__(
        self,
        users: AccountStore,
        guards: LoginGuards,
        hasher: PinHasher,
        *,
        choice: Choice = refuse_guessable,
        observer: PinObserver | None = None,
    ) -> None:
        self._users = users
        self._guards = guards
        self._hasher = hasher
        self._choice = choice
        self._observer = observer or PinObserver()

    def chosen(self, phone_number: str, pin: str, field: str = "pin") -> str:
        """Return the hash of a PIN that somebody wants to have from now on.

        Raises:
            InvalidInput: naming ``field``: it is none, or too easy to guess for the owner of this number.
        """
        self._choice(check_pin(pin, field), phone_number, field)
        return self._hasher.hash(pin)

    def prove(self, phone_number: str, pin: str) -> User:
        """Return the user of a number in its one form whose PIN this is.

        Raises:
            InvalidInput: it cannot be anybody's.
            TooManyAttempts: nobody looked at it.
            WrongCredentials: it is wrong; the same, and after as long, for a number that is nobody's.
        """
        check_pin(pin)
        attempt = self._counted(phone_number)
        user, verdict = self._looked_at(attempt, phone_number, pin)
        if user is None or verdict is Verdict.WRONG:
            self._failed(phone_number, user, attempt.tries)
            raise WrongCredentials
        self._guards.clear(phone_number)
        return self._renewed(user, pin) if verdict is Verdict.OUTDATED else user

    def _renewed(self, user: User, pin: str) -> User:
        """Hash a PIN that is right anew, as it is done today."""
        pin_hash = self._hasher.hash(pin)
        replaced = self._users.replace_pin_hash(user.id, user.pin_hash, pin_hash)
        return replace(user, pin_hash=pin_hash) if replaced else user

    def _counted(self, phone_number: str) -> Attempt:
        try:
            return self._guards.count(phone_number)
        except TooManyAttempts as refusal:
            trail.login_refused(phone_number, refusal.retry_after_s)
            raise

    def _looked_at(self, attempt: Attempt, phone_number: str, pin: str) -> tuple[User | None, Verdict]:
        try:
            user = self._users.by_phone(phone_number)
            return user, self._hasher.check(pin, user.pin_hash if user else None)
        except WalletError:
            # Nobody has learnt anything about the PIN, so a busy pod must not lock its user out.
            with suppress(Unavailable):
                self._guards.give_back(attempt)
            raise

    def _failed(self, phone_number: str, user: User | None, tries: int) -> None:
        known = user.id if user else None
        trail.login_failed(phone_number, known, tries)
        if locks(tries):
            trail.login_locked(phone_number, known, tries, wait_after(tries))
            self._observer.locked()
