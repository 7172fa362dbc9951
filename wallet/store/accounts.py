"""Users, and the wallet that each is born with."""

from datetime import datetime
from uuid import UUID

import pymongo
from pymongo.client_session import ClientSession
from pymongo.database import Database

from wallet.errors import PhoneTaken
from wallet.models import User, Wallet, WalletStatus
from wallet.store import documents
from wallet.store.client import OPERATION_S, Document
from wallet.store.faults import AlreadyExists, renamed
from wallet.store.transactions import Transactions


class AccountStore:
    """The collection ``users``, and the first write of ``wallets``."""

    def __init__(self, database: Database[Document], transactions: Transactions) -> None:
        self._users = database["users"]
        self._wallets = database["wallets"]
        self._transactions = transactions

    def add(self, user: User) -> None:
        """Add ``user`` with an empty wallet, both or neither.

        Raises:
            PhoneTaken: the phone number belongs to somebody.
        """
        wallet = Wallet(user.id, balance=0, seq=0, status=WalletStatus.ACTIVE)

        def insert(session: ClientSession) -> None:
            self._users.insert_one(documents.user_document(user), session=session)
            self._wallets.insert_one(documents.wallet_document(wallet), session=session)

        try:
            self._transactions.run(insert)
        except AlreadyExists:
            raise PhoneTaken from None

    def by_phone(self, phone_number: str) -> User | None:
        with renamed(), pymongo.timeout(OPERATION_S):
            document = self._users.find_one({"phone_number": phone_number})
        return documents.user(document) if document else None

    def by_id(self, user_id: UUID) -> User | None:
        with renamed(), pymongo.timeout(OPERATION_S):
            document = self._users.find_one({"_id": user_id})
        return documents.user(document) if document else None

    def wallet(self, user_id: UUID) -> Wallet | None:
        with renamed(), pymongo.timeout(OPERATION_S):
            document = self._wallets.find_one({"_id": user_id})
        return documents.wallet(document) if document else None

    def change_profile(self, user_id: UUID, fields: dict[str, str], date: datetime) -> User | None:
        """Set ``fields`` of a user and return the user as it is then."""
        with renamed(), pymongo.timeout(OPERATION_S):
            document = self._users.find_one_and_update(
                {"_id": user_id},
                {"$set": {**fields, "updated_at": date}},
                return_document=True,
            )
        return documents.user(document) if document else None

    def replace_pin_hash(self, user_id: UUID, old: str, new: str) -> bool:
        """Put ``new`` in the place of ``old``, and say whether that was the user's hash."""
        with renamed(), pymongo.timeout(OPERATION_S):
            done = self._users.update_one({"_id": user_id, "pin_hash": old}, {"$set": {"pin_hash": new}})
        return done.modified_count > 0
