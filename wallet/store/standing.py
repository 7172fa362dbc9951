"""Whether a wallet may move money, as operators decide."""

from uuid import UUID

import pymongo
from pymongo.database import Database

from wallet.models import WalletStatus
from wallet.store.client import OPERATION_S, Document
from wallet.store.faults import renamed


class Standing:
    """Freezes wallets and lets them go.

    The status stands in the document that every movement reads and writes, so whatever is in flight meanwhile
    comes before it or is refused.
    """

    def __init__(self, database: Database[Document]) -> None:
        self._users = database["users"]
        self._wallets = database["wallets"]

    def owner(self, phone_number: str) -> UUID | None:
        with renamed(), pymongo.timeout(OPERATION_S):
            found = self._users.find_one({"phone_number": phone_number}, {"_id": True})
        return found["_id"] if found else None

    def freeze(self, wallet: UUID) -> bool:
        """Let a wallet move nothing from now on; say whether it could until now."""
        return self._change(wallet, WalletStatus.ACTIVE, WalletStatus.FROZEN)

    def unfreeze(self, wallet: UUID) -> bool:
        """Let a frozen wallet move money again; say whether it was frozen."""
        return self._change(wallet, WalletStatus.FROZEN, WalletStatus.ACTIVE)

    def _change(self, wallet: UUID, former: WalletStatus, status: WalletStatus) -> bool:
        with renamed(), pymongo.timeout(OPERATION_S):
            changed = self._wallets.update_one(
                {"_id": wallet, "status": former.value}, {"$set": {"status": status.value}}
            )
        return bool(changed.matched_count)
