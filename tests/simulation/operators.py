"""Operators who freeze wallets and decide about transfers, and another hand that writes into the queue."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

from tests.simulation.driver import Database
from tests.simulation.hub import Hub, Process
from tests.simulation.link import Link
from tests.simulation.promises import must
from tests.simulation.query import Document
from tests.simulation.replica import EPOCH
from wallet.cases import Action, Note
from wallet.errors import Unavailable, WalletError
from wallet.foresight import BY_OPERATOR
from wallet.ledger import Declined
from wallet.models import Kind, Posting, Transfer, TransferStatus
from wallet.rules.partition import partition_of
from wallet.settlement import MALFORMED, NO_DEBIT
from wallet.store import documents
from wallet.store.faults import renamed
from wallet.store.marking import OperatorMarks
from wallet.store.posting import PostingEngine
from wallet.store.settling import SettlementEngine
from wallet.store.transactions import Transactions


class Operators:
    """Each deed is a process of its own, which tries again until the store answers."""

    def __init__(self, hub: Hub, link: Link, people: list[UUID], cap: int) -> None:
        self.processes: list[Process] = []
        self.forged: set[Any] = set()
        self.paid_out: set[UUID] = set()
        """The operations of payments that nobody but an operator asked for."""
        self._hub = hub
        self._people = people
        self._database: Any = Database(link)
        transactions = Transactions(self._database.client)
        self._marks = OperatorMarks(self._database)
        self._settling = SettlementEngine(self._database, transactions, cap=cap)
        self._posting = PostingEngine(self._database, transactions, cap=cap)
        self._numbers = count(1)

    def change_status(self) -> None:
        wallet = self._hub.rng.choice(self._people)
        status = self._hub.rng.choice(["FROZEN", "CLOSED", "ACTIVE"])
        self._do(f"{wallet} becomes {status}", lambda: self._set_status(wallet, status))

    def decide(self) -> None:
        """Retry, fail or park any transfer, as `wallet.use_cases.operations` does."""
        rows = self._rows()
        if rows:
            row = self._hub.rng.choice(rows)
            action = self._hub.rng.choice(list(Action))
            self._do(f"{action} {row['_id']}", lambda: self._act(action, row["_id"]))

    def forge(self) -> None:
        """Write a row that no debit vouches for, or that says more than its debit, or that cannot be read."""
        rng = self._hub.rng
        sender, target = rng.sample(self._people, 2)
        date = EPOCH + timedelta(milliseconds=int(self._hub.now * 1_000))
        row = documents.transfer_document(
            Transfer(
                id=self._uuid(),
                sender=sender,
                target=target,
                amount=rng.randint(1, 50),
                remarks="",
                status=TransferStatus.PENDING,
                date=date,
                partition=partition_of(target),
            )
        )
        if rng.random() < 0.5:
            row |= rng.choice([{"amount": "50"}, {"amount": True}, {"sender": None}, {"partition": "all"}])
        self.forged.add(row["_id"])
        self._do(f"forge {row['_id']}", lambda: self._database["transfers"].insert_many([row]))

    def make_room(self) -> None:
        """Do with what is parked what an operator would: see that its sender can have the money back."""
        for row in self._rows():
            if row["status"] == "PENDING" and row["_id"] not in self.forged:
                must(row["failure"] not in {NO_DEBIT, MALFORMED}, f"parked without a reason: {row}")
                self._do(f"make room for {row['_id']}", lambda row=row: self._free(row))

    def _rows(self) -> list[Document]:
        replica = self._database.link.cluster.newest
        return replica.all("transfers", replica.majority)

    def _uuid(self) -> UUID:
        return UUID(int=self._hub.rng.getrandbits(128), version=4)

    def _do(self, what: str, deed: Callable[[], object]) -> None:
        process = Process(f"operator-{next(self._numbers)}")
        self.processes.append(process)

        def insist() -> None:
            while True:
                try:
                    with renamed():
                        deed()
                except Unavailable as fault:
                    self._hub.tell(f"{what}: {fault!r}")
                    self._hub.sleep(0.2)
                except WalletError as fault:  # such a transfer, or such a row, as nothing can be done about
                    self._hub.tell(f"{what}: {fault!r}")
                    return
                else:
                    return

        self._hub.tell(what)
        self._hub.spawn(process, what, insist)

    def _set_status(self, wallet: UUID, status: str) -> None:
        self._database["wallets"].update_one({"_id": wallet}, {"$set": {"status": status}})

    def _act(self, action: Action, transfer: UUID) -> None:
        now = EPOCH + timedelta(seconds=self._hub.now)
        note = Note(action.value, "simulation", "any", now)
        if action is Action.RETRY:
            self._marks.unpark(transfer, note)
        elif action is Action.PARK:
            self._marks.park(transfer, BY_OPERATOR[action], note)
        elif self._settling.give_up({transfer: BY_OPERATOR[Action.FAIL]}, now).refunded:
            self._marks.sign(transfer, note)

    def _free(self, row: Document) -> None:
        sender = row["sender"]
        self._set_status(sender, "ACTIVE")
        balance = self._database["wallets"].find_one({"_id": sender})["balance"]
        if balance:
            self._pay_out(sender, int(balance))
        self._act(Action.RETRY, row["_id"])

    def _pay_out(self, wallet: UUID, amount: int) -> None:
        posting = Posting(operation=self._uuid(), kind=Kind.PAYMENT, wallet=wallet, amount=amount)
        self.paid_out.add(posting.operation)
        (outcome,) = self._posting.post([posting], EPOCH + timedelta(seconds=self._hub.now))
        if isinstance(outcome, Declined):
            raise Unavailable  # the balance has changed since
