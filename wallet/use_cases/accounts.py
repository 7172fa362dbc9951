"""Register, log in, read and change one's profile."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from wallet import trail
from wallet.clock import Clock
from wallet.errors import InvalidInput, Unauthenticated
from wallet.models import User, Wallet
from wallet.rules import phone, text
from wallet.rules.identity import new_id
from wallet.store.accounts import AccountStore
from wallet.use_cases.pins import Pins

_CLEANERS: dict[str, Callable[[str], str]] = {
    "first_name": partial(text.name, "first_name"),
    "last_name": partial(text.name, "last_name"),
    "address": text.address,
}


@dataclass(frozen=True, slots=True)
class Registration:
    first_name: str
    last_name: str
    phone_number: str
    address: str
    pin: str


@dataclass(frozen=True, slots=True)
class Profile:
    user: User
    wallet: Wallet


class Accounts:
    """The people who have a wallet."""

    def __init__(self, store: AccountStore, pins: Pins, clock: Clock) -> None:
        self._store = store
        self._pins = pins
        self._clock = clock

    def register(self, wish: Registration) -> User:
        """Add a user with an empty wallet.

        Raises:
            InvalidInput: naming the fields that are wrong.
            PhoneTaken: the phone number belongs to somebody.
        """
        date = self._clock()
        number = phone.normalise(wish.phone_number)
        user = User(
            id=new_id(),
            first_name=text.name("first_name", wish.first_name),
            last_name=text.name("last_name", wish.last_name),
            phone_number=number,
            address=text.address(wish.address),
            pin_hash=self._pins.chosen(number, wish.pin),
            created_at=date,
            updated_at=date,
        )
        self._store.add(user)
        return user

    def log_in(self, phone_number: str, pin: str) -> User:
        """Return the user whose phone number and PIN these are.

        Raises:
            InvalidInput: one of them cannot be anybody's.
            TooManyAttempts, WrongCredentials: as when a PIN is checked for anything else.
        """
        user = self._pins.prove(phone.normalise(phone_number), pin)
        trail.logged_in(user.id)
        return user

    def profile(self, user_id: UUID) -> Profile:
        user, wallet = self._store.by_id(user_id), self._store.wallet(user_id)
        if user is None or wallet is None:
            raise Unauthenticated
        return Profile(user, wallet)

    def change_profile(self, user_id: UUID, fields: dict[str, str]) -> User:
        """Change names or address; ``fields`` has those that change."""
        if not fields:
            raise InvalidInput({"first_name": "give at least one of first_name, last_name and address"})
        cleaned = {name: _CLEANERS[name](value) for name, value in fields.items()}
        user = self._store.change_profile(user_id, cleaned, self._clock())
        if user is None:
            raise Unauthenticated
        return user
