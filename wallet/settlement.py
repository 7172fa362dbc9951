"""The rules of settling: which posting a transfer asks for, and whether its debit vouches for it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from wallet.models import Entry, EntryId, Kind, Posting, Side, Transfer, TransferStatus
from wallet.rules.partition import partition_of

NO_DEBIT = "no_debit"
MALFORMED = "malformed"
POISON = "poison"
"""Why a transfer fails, besides the codes of ``wallet.errors``."""


@dataclass(frozen=True, slots=True)
class Pending:
    """Rows of the queue, oldest first; those that cannot be read are ``malformed``, by id."""

    transfers: list[Transfer]
    malformed: list[Any]

    def __len__(self) -> int:
        return len(self.transfers) + len(self.malformed)

    def cut(self, size: int) -> tuple["Pending", "Pending"]:
        """Return a batch of ``size`` transfers, with whatever is malformed, and the rest."""
        return Pending(self.transfers[:size], self.malformed), Pending(self.transfers[size:], [])


@dataclass(frozen=True, slots=True)
class Vouched:
    """Transfers whose debits are in the ledger. Only they are ever credited."""

    transfers: Sequence[Transfer]
    picked_up_at: datetime | None = None
    """When they were taken out of the queue together; it is written down with what becomes of them."""

    def halves(self) -> tuple["Vouched", "Vouched"]:
        middle = len(self.transfers) // 2
        return self._some(self.transfers[:middle]), self._some(self.transfers[middle:])

    def lanes(self, count: int) -> list["Vouched"]:
        """Deal the transfers out to at most ``count`` batches that share no receiver, as partitions do."""
        lanes: dict[int, list[Transfer]] = {}
        for transfer in self.transfers:
            lanes.setdefault(transfer.partition % count, []).append(transfer)
        return [self._some(transfers) for transfers in lanes.values()]

    def _some(self, transfers: Sequence[Transfer]) -> "Vouched":
        return replace(self, transfers=transfers)


@dataclass(frozen=True, slots=True)
class Settlement:
    """What one batch came to: the transfers credited, and why the others were declined, by id."""

    credited: list[Transfer]
    declined: Mapping[Any, str]


@dataclass(frozen=True, slots=True)
class Refund:
    """A transfer that failed: its debit, which has been given back, and the code of the reason."""

    debit: Entry
    reason: str
    request_id: str


@dataclass(frozen=True, slots=True)
class Refunds:
    """What giving up came to: the refunds, and the reasons of the transfers that cannot be refunded."""

    refunded: list[Refund]
    stuck: Mapping[Any, str]


class Debit(NamedTuple):
    """What an entry must say to vouch for a transfer. Ids are their 16 bytes: they are only compared."""

    kind: str
    wallet: bytes
    counterparty: bytes
    amount: int

    @classmethod
    def of(cls, entry: Entry) -> "Debit":
        counterparty = entry.counterparty.bytes if entry.counterparty else b""
        return cls(entry.kind, entry.wallet.bytes, counterparty, entry.amount)


def debit_id(transfer_id: Any) -> EntryId:
    return EntryId(transfer_id, Side.DEBIT)


def vouches(debit: Debit | None, transfer: Transfer) -> bool:
    """Whether the ledger took from the sender what the row of the queue promises the target.

    The ledger is the truth and the queue only points at it: a row that somebody else wrote makes no money.
    """
    return debit == Debit(Kind.TRANSFER_OUT, transfer.sender.bytes, transfer.target.bytes, transfer.amount)


def promised(debit: Entry, request_id: str = "") -> Transfer:
    """Return the transfer that ``debit`` was taken for, as it is before anything came of it.

    Raises:
        ValueError: it was taken for something else, which has no receiver.
    """
    if debit.counterparty is None:
        raise ValueError("a transfer needs a receiver")
    return Transfer(
        id=debit.operation,
        sender=debit.wallet,
        target=debit.counterparty,
        amount=debit.amount,
        remarks=debit.remarks,
        status=TransferStatus.PENDING,
        date=debit.date,
        partition=partition_of(debit.counterparty),
        request_id=request_id,
    )


def credit(transfer: Transfer) -> Posting:
    """Bring the target what the transfer promises."""
    return Posting(
        operation=transfer.id,
        kind=Kind.TRANSFER_IN,
        wallet=transfer.target,
        amount=transfer.amount,
        remarks=transfer.remarks,
        counterparty=transfer.sender,
    )


def refund(debit: Entry) -> Posting:
    """Give back what ``debit`` took, to the wallet it took it from."""
    return Posting(
        operation=debit.operation,
        kind=Kind.REFUND,
        wallet=debit.wallet,
        amount=debit.amount,
        remarks=debit.remarks,
        counterparty=debit.counterparty,
    )
