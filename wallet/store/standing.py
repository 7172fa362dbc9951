"""Whether a wallet may move money, as operators decide."""

from uuid import UUID

import pymongo
from pymongo.client_session import ClientSession
from pymongo.database import Database

from wallet.errors import Refused, WalletClosed
from wallet.models import TransferStatus, WalletStatus
from wallet.store.client import OPERATION_S, Document
from wallet.store.faults import renamed
from wallet.store.transactions import Transactions


class NotSettled(Refused):
    """There is money that a closed wallet could never give away. Nothing was written."""

    code = "not_settled"


class Standing:
    """Freezes wallets, lets them go, and closes them.

    The status stands in the document that every movement reads and writes, so whatever is in flight meanwhile
    comes before it or is refused.
    """

    def __init__(self, database: Database[Document], transactions: Transactions) -> None:
        self._users = database["users"]
        self._wallets = database["wallets"]
        self._transfers = database["transfers"]
        self._transactions = transactions

    def owner(self, phone_number: str) -> UUID | None:
        with renamed(), pymongo.timeout(OPERATION_S):
            found = self._users.find_one({"phone_number": phone_number}, {"_id": True})
        return found["_id"] if found else None

    def freeze(self, wallet: UUID) -> bool:
        """Let a wallet move nothing from now on; say whether it could until now.

        Raises:
            WalletClosed: it never will again.
        """
        return self._change(wallet, WalletStatus.ACTIVE, WalletStatus.FROZEN)

    def unfreeze(self, wallet: UUID) -> bool:
        """Let a frozen wallet move money again; say whether it was frozen.

        Raises:
            WalletClosed: it never will again.
        """
        return self._change(wallet, WalletStatus.FROZEN, WalletStatus.ACTIVE)

    def close(self, wallet: UUID) -> bool:
        """Let a wallet move nothing any more, for ever; say whether it was open until now.

        Raises:
            NotSettled: it has a balance, or transfers that it sent are under way and may come back.
        """
        return self._transactions.run(lambda session: self._close(wallet, session))

    def _close(self, wallet: UUID, session: ClientSession) -> bool:
        row = self._wallets.find_one({"_id": wallet}, session=session)
        if row is None or row["status"] == WalletStatus.CLOSED.value:
            return False
        if row["balance"]:
            raise NotSettled(f"The wallet has {row['balance']} rupiah: let the owner pay them out first")
        under_way = self._under_way(wallet, session)
        if under_way:
            raise NotSettled(f"Transfers of the owner are under way ({under_way}): try again when they ended")
        # A debit that was not seen above has written this document since: this conflicts, and looks again.
        self._wallets.update_one(
            {"_id": wallet, "balance": 0}, {"$set": {"status": WalletStatus.CLOSED.value}}, session=session
        )
        return True

    def _under_way(self, sender: UUID, session: ClientSession) -> int:
        wanted = {"status": TransferStatus.PENDING.value, "sender": sender}
        # The hint: without a date in the query, the planner would read every transfer ever made.
        return self._transfers.count_documents(wanted, hint="pending", session=session)

    def _change(self, wallet: UUID, former: WalletStatus, status: WalletStatus) -> bool:
        with renamed(), pymongo.timeout(OPERATION_S):
            changed = self._wallets.update_one(
                {"_id": wallet, "status": former.value}, {"$set": {"status": status.value}}
            )
            if changed.matched_count:
                return True
            closed = {"_id": wallet, "status": WalletStatus.CLOSED.value}
            if self._wallets.find_one(closed, {"_id": True}):
                raise WalletClosed
        return False
