"""Stay logged in, log out, change the PIN."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from wallet import trail
from wallet.clock import Clock
from wallet.errors import InvalidInput, RefreshReplayed, Unauthenticated, WrongCredentials, WrongPin
from wallet.models import Session, User
from wallet.rules import refresh
from wallet.rules.identity import new_id
from wallet.store.accounts import AccountStore
from wallet.store.sessions import SessionStore, Turn
from wallet.use_cases.pins import Pins


@dataclass(frozen=True, slots=True)
class Terms:
    """What a login is good for.

    Attributes:
        lifetime: of a session, from login to the next login, however often it is refreshed.
        grace: how long after a refresh the same one may be repeated.
        most: sessions of one user; one more ends the oldest.
    """

    lifetime: timedelta
    grace: timedelta
    most: int


@dataclass(frozen=True, slots=True)
class Grant:
    """What tokens are to be made of; ``secret`` is that of the refresh token."""

    user: UUID
    session: UUID
    secret: str
    expires_at: datetime
    repeated: bool = False
    """The same successor again: the client says that the answer was lost."""


class Sessions:
    """Logins, from the first pair of tokens to the end of the family."""

    def __init__(
        self, store: SessionStore, accounts: AccountStore, pins: Pins, clock: Clock, *, terms: Terms
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._pins = pins
        self._clock = clock
        self._terms = terms

    def open(self, user: User) -> Grant:
        """Open a session for a user whose PIN was just proven.

        Raises:
            WrongCredentials: the PIN was changed meanwhile.
        """
        date, secret = self._clock(), refresh.first()
        session = Session(new_id(), user.id, refresh.digest(secret), date, date + self._terms.lifetime)
        if not self._store.open(session, user.pin_hash, most=self._terms.most):
            raise WrongCredentials
        return Grant(user.id, session.id, secret, session.expires_at)

    def refresh(self, session_id: UUID, secret: str) -> Grant:
        """Exchange a refresh token for its successor.

        Raises:
            RefreshReplayed: it was exchanged before; the session has ended now.
            Unauthenticated: the session has ended.
        """
        following = refresh.successor(secret)
        rotation = self._store.rotate(
            session_id, refresh.digest(secret), refresh.digest(following), self._terms.grace
        )
        if rotation is None or rotation.session.expires_at <= self._clock():
            raise Unauthenticated
        session, turn = rotation
        if turn is Turn.REPLAYED:
            trail.refresh_replayed(session.user, session.id)
            raise RefreshReplayed
        return Grant(session.user, session.id, following, session.expires_at, turn is Turn.REPEATED)

    def log_out(self, user_id: UUID, session_id: UUID) -> None:
        """End a session of a user.

        Raises:
            Unauthenticated: it has ended before.
        """
        if not self._store.end(session_id):
            raise Unauthenticated
        trail.logged_out(user_id, session_id)

    def change_pin(self, user_id: UUID, old_pin: str, new_pin: str) -> None:
        """Give a user another PIN, and end all the user's sessions.

        Raises:
            InvalidInput: one of them is no PIN, both are the same, or the new one is easy to guess.
            TooManyAttempts: nobody looked at the old one.
            WrongPin: the old one is not the user's.
        """
        if old_pin == new_pin:
            raise InvalidInput({"new_pin": "must be another one"})
        owner = self._accounts.by_id(user_id)
        if owner is None:
            raise Unauthenticated
        new_hash = self._pins.chosen(owner.phone_number, new_pin, "new_pin")
        user = self._proven(owner, old_pin)
        if not self._store.change_pin(user.id, user.pin_hash, new_hash, self._clock()):
            raise WrongPin
        trail.pin_changed(user.id)

    def _proven(self, owner: User, old_pin: str) -> User:
        try:
            return self._pins.prove(owner.phone_number, old_pin)
        except WrongCredentials as wrong:
            raise WrongPin from wrong
