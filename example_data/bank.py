"""The real engines, driven by a story."""

from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

from dates import new_id
from people import Person

from wallet.ledger import Posted
from wallet.models import Entry, Kind, Posting, User, WalletStatus
from wallet.pins import Peppers, PinHasher
from wallet.rules.money import LARGEST_CAP
from wallet.store.accounts import AccountStore
from wallet.store.history import HistoryStore
from wallet.store.opening import Store
from wallet.store.posting import PostingEngine
from wallet.store.settling import SettlementEngine
from wallet.store.transactions import Transactions

PEPPER = "dompet-example-data-pepper-known-to-everyone"


class Bank:
    """The engines, given the story's dates in place of a clock."""

    def __init__(self, database: Store, rng: Random) -> None:
        transactions = Transactions(database.client)
        self._rng = rng
        self._wallets = database["wallets"]
        self._accounts = AccountStore(database, transactions)
        self._history = HistoryStore(database)
        self._posting = PostingEngine(database, transactions, cap=LARGEST_CAP)
        self._settlement = SettlementEngine(database, transactions, cap=LARGEST_CAP)
        self._hasher = PinHasher(Peppers(PEPPER))

    def register(self, person: Person) -> None:
        self._accounts.add(
            User(
                id=person.id,
                first_name=person.first_name,
                last_name=person.last_name,
                phone_number=person.phone_number,
                address=person.address,
                pin_hash=self._hasher.hash(person.pin),
                created_at=person.joined,
                updated_at=person.joined,
            )
        )

    def balance(self, person: Person) -> int:
        wallet = self._accounts.wallet(person.id)
        return wallet.balance if wallet else 0

    def top_up(self, person: Person, amount: int, date: datetime) -> None:
        self._post(Kind.TOP_UP, person, amount, date)

    def pay(self, person: Person, amount: int, remarks: str, date: datetime) -> None:
        self._post(Kind.PAYMENT, person, amount, date, remarks=remarks)

    def transfer(self, sender: Person, target: Person, amount: int, remarks: str, date: datetime) -> UUID:
        entry = self._post(Kind.TRANSFER_OUT, sender, amount, date, remarks=remarks, counterparty=target.id)
        return entry.operation

    def settle(self, transfer: UUID, date: datetime) -> None:
        """Do as the watcher does: credit the target, or give the money back."""
        row = self._history.transfer(transfer)
        if row is None:
            raise LookupError(f"no transfer {transfer}")
        vouched, _ = self._settlement.vouch([row])
        settlement = self._settlement.settle(vouched, date)
        if settlement.declined:
            self._settlement.give_up(settlement.declined, date)

    def set_status(self, person: Person, status: WalletStatus) -> None:
        self._wallets.update_one({"_id": person.id}, {"$set": {"status": status.value}})

    def _post(self, kind: Kind, person: Person, amount: int, date: datetime, **more: Any) -> Entry:
        posting = Posting(new_id(date, self._rng), kind, person.id, amount, **more)
        [outcome] = self._posting.post([posting], date)
        if not isinstance(outcome, Posted):
            raise TypeError(f"{person.name}, {kind} {amount}: {outcome}")
        return outcome.entry
