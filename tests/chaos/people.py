"""Who uses the wallet during a run: users with empty wallets and tokens that outlast every skewed clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from bench.population import person
from bench.tokens import access_token
from wallet.models import User, Wallet, WalletStatus
from wallet.store import documents
from wallet.store.opening import Store

ISSUED_AGO_S = 2 * 3_600
"""A pod whose clock is an hour behind must not take a token for one of the future."""


@dataclass(frozen=True, slots=True)
class Person:
    id: UUID
    token: str


def move_in(database: Store, count: int, secret: str) -> Sequence[Person]:
    """Add ``count`` users. Their money comes in by the front door."""
    users = [person(number) for number in range(count)]
    database["users"].insert_many(map(documents.user_document, users))
    database["wallets"].insert_many(map(documents.wallet_document, map(_wallet, users)))
    return [Person(user.id, access_token(user.id, secret, issued_ago_s=ISSUED_AGO_S)) for user in users]


def _wallet(user: User) -> Wallet:
    return Wallet(user.id, 0, 0, WalletStatus.ACTIVE)
