"""A short run made up by hand: what clients asked and were told, and books to match it."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from tests.books import SIGN
from tests.chaos.books import Books
from tests.chaos.evidence import Evidence, Move
from tests.chaos.history import Asked, CallKind, Exchange, Told
from wallet import clock
from wallet.models import Entry, EntryId, Kind, Transfer, TransferStatus, Wallet, WalletStatus
from wallet.rules.partition import partition_of

STEP_NS = 1_000_000
"""A call takes one step, and so does everything else."""

_ID_NAME = {Kind.TOP_UP: "top_up_id", Kind.PAYMENT: "payment_id"}
_DATE = clock.now()


class Story:
    """Everything happens one after the other, and as it should."""

    def __init__(self) -> None:
        self.now_ns = 0
        self.exchanges: list[Exchange] = []
        self.moves: list[Move] = []
        self.entries: list[Entry] = []
        self.wallets: dict[UUID, Wallet] = {}
        self.rows: dict[UUID, Transfer] = {}

    @property
    def evidence(self) -> Evidence:
        exchanges = sorted(self.exchanges, key=lambda one: one.asked.at_ns)
        return Evidence(exchanges=exchanges, moves=self.moves, load_ended_ns=self.now_ns)

    @property
    def books(self) -> Books:
        return Books(dict(self.wallets), list(self.entries), list(self.rows.values()))

    def tick(self, steps: int = 1) -> int:
        self.now_ns += steps * STEP_NS
        return self.now_ns

    def ask(self, kind: CallKind, user: UUID, amount: Any = 0, **overrides: Any) -> Asked:
        fields = {
            "call": f"call-{len(self.exchanges)}",
            "client": f"client of {user}",
            "kind": kind,
            "user": user,
            "key": f"key-{len(self.exchanges)}",
            "amount": amount,
            "target": None,
            "remarks": "",
            "at_ns": self.tick(),
        }
        return Asked(**fields | overrides)

    def tell(self, asked: Asked, status: int | None, body: Any = None, **overrides: Any) -> Exchange:
        told = Told(asked.call, self.tick(), status, body, **overrides)
        self.exchanges.append(Exchange(asked, told))
        return self.exchanges[-1]

    def refuse(self, asked: Asked, status: int, code: str) -> Exchange:
        return self.tell(asked, status, {"message": "no", "code": code})

    def lose(self, asked: Asked) -> Exchange:
        return self.tell(asked, None)

    def person(self, balance: int = 1_000) -> UUID:
        user = uuid4()
        self.wallets[user] = Wallet(user, 0, 0, WalletStatus.ACTIVE)
        self.top_up(user, balance)
        return user

    def top_up(self, user: UUID, amount: int, **overrides: Any) -> Exchange:
        return self._move("top_up", Kind.TOP_UP, user, amount, **overrides)

    def pay(self, user: UUID, amount: int, **overrides: Any) -> Exchange:
        return self._move("payment", Kind.PAYMENT, user, amount, **overrides)

    def transfer(self, user: UUID, target: UUID, amount: int, **overrides: Any) -> Exchange:
        asked = self.ask("transfer", user, amount, target=target, **overrides)
        entry = self.accept(asked)
        return self.tell(asked, 202, told(entry))

    def accept(self, asked: Asked) -> Entry:
        """Accept a transfer, and tell nobody."""
        entry = self.enter(Kind.TRANSFER_OUT, asked.user, asked.amount, counterparty=asked.target)
        self.rows[entry.operation] = _row(entry)
        self.moves.append(Move(entry.operation, TransferStatus.PENDING, self.tick()))
        return entry

    def settle(self, transfer: Exchange | Entry, *, kind: Kind = Kind.TRANSFER_IN) -> Entry:
        operation = (
            transfer.operation if isinstance(transfer, Entry) else UUID(transfer.told.result["transfer_id"])
        )
        row = self.rows[operation]
        status = TransferStatus.SUCCESS if kind is Kind.TRANSFER_IN else TransferStatus.FAILED
        sides = (row.target, row.sender) if kind is Kind.TRANSFER_IN else (row.sender, row.target)
        entry = self.enter(kind, sides[0], row.amount, operation=operation, counterparty=sides[1])
        self.rows[operation] = replace(row, status=status)
        self.moves.append(Move(operation, status, self.tick()))
        return entry

    def refund(self, transfer: Exchange | Entry) -> Entry:
        return self.settle(transfer, kind=Kind.REFUND)

    def read(self, user: UUID, limit: int = 5, **overrides: Any) -> Exchange:
        asked = self.ask("read", user, key=None, **overrides)
        mine = sorted((one for one in self.entries if one.wallet == user), key=lambda one: -one.seq)
        return self.tell(asked, 200, {"result": [line(entry) for entry in mine[:limit]]})

    def look_at(self, transfer: Exchange, **overrides: Any) -> Exchange:
        asked = self.ask("read", transfer.asked.user, key=None, target=operation(transfer), **overrides)
        return self.tell(asked, 200, {"result": {"status": self.rows[operation(transfer)].status.value}})

    def enter(self, kind: Kind, user: UUID, amount: int, **overrides: Any) -> Entry:
        """Write an entry, and the wallet it changes."""
        wallet = self.wallets[user]
        after = wallet.balance + SIGN[kind] * amount
        fields = {
            "id": EntryId(overrides.pop("operation", None) or uuid4(), kind.side),
            "wallet": user,
            "seq": wallet.seq + 1,
            "kind": kind,
            "amount": amount,
            "before": wallet.balance,
            "after": after,
            "remarks": "",
            "counterparty": None,
            "date": _DATE,
        }
        entry = Entry(**fields | overrides)
        self.wallets[user] = replace(wallet, balance=after, seq=wallet.seq + 1)
        self.entries.append(entry)
        return entry

    def _move(self, name: CallKind, kind: Kind, user: UUID, amount: int, **overrides: Any) -> Exchange:
        asked = self.ask(name, user, amount, **overrides)
        return self.tell(asked, 201, told(self.enter(kind, user, amount)))


def operation(exchange: Exchange) -> UUID:
    return UUID(exchange.told.result["transfer_id"])


def told(entry: Entry) -> dict[str, Any]:
    """Return the body of the answer to the request that made an entry."""
    return {
        "status": "SUCCESS",
        "result": {
            _ID_NAME.get(entry.kind, "transfer_id"): str(entry.operation),
            "balance_before": entry.before,
            "balance_after": entry.after,
        },
    }


def line(entry: Entry) -> dict[str, Any]:
    """Return an entry as a report shows it."""
    return {**told(entry)["result"], "kind": entry.kind.value}


def _row(debit: Entry) -> Transfer:
    return Transfer(
        id=debit.operation,
        sender=debit.wallet,
        target=debit.counterparty,
        amount=debit.amount,
        remarks="",
        status=TransferStatus.PENDING,
        date=debit.date,
        partition=partition_of(debit.counterparty),
    )
