"""Each user has a wallet, and each wallet a user."""

from collections.abc import Iterable, Iterator
from uuid import UUID

from wallet.audit.join import full_join
from wallet.audit.report import Offence, Promise


def check_owners(users: Iterable[UUID], wallets: Iterable[UUID]) -> Iterator[Offence]:
    """Compare the ids of users and of wallets, both rising."""
    for one, owners, owned in full_join(users, wallets, _itself, _itself):
        if next(owned, None) is None:
            yield Offence(Promise.CHAIN, f"user {one}", "has no wallet")
        if next(owners, None) is None:
            yield Offence(Promise.CHAIN, f"wallet {one}", "belongs to no user")


def _itself(one: UUID) -> UUID:
    return one
