"""Whom to pay: the one thing that a user learns of others."""

from dataclasses import dataclass
from uuid import UUID

from wallet.errors import UserNotFound
from wallet.models import WalletStatus
from wallet.rules import name_mask, phone
from wallet.rules.identity import new_id
from wallet.store.accounts import AccountStore


@dataclass(frozen=True, slots=True)
class Payee:
    """Somebody to pay, and the masked name by which a friend is recognised."""

    id: UUID
    name: str


class Payees:
    """Those who can be found by their phone number."""

    def __init__(self, store: AccountStore) -> None:
        self._store = store

    def find(self, phone_number: str) -> Payee:
        """Return whose phone number it is.

        A frozen wallet is found like others: a freeze may end, and is nobody else's business.

        Raises:
            InvalidInput: it cannot be anybody's.
            UserNotFound: it is nobody's, or its wallet is closed.
        """
        user = self._store.by_phone(phone.normalise(phone_number))
        # Of nobody, too: what takes as long does not tell who is registered.
        wallet = self._store.wallet(user.id if user else new_id())
        if user is None or wallet is None or wallet.status is WalletStatus.CLOSED:
            raise UserNotFound
        return Payee(user.id, name_mask.masked(user.first_name, user.last_name))
