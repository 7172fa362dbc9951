"""Each transfer has its debit, and the one credit or refund that its status says."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Self
from uuid import UUID

from wallet.audit.join import full_join
from wallet.audit.report import Offence, Promise
from wallet.models import Entry, Kind, Side, Transfer, TransferStatus

RETURNS = frozenset({Kind.TRANSFER_IN, Kind.REFUND})
OF_TRANSFERS = RETURNS | {Kind.TRANSFER_OUT}
"""The kinds of entries that a transfer makes."""


@dataclass(frozen=True, slots=True)
class Operation:
    """All there is under one operation id. The primary keys allow one row and one entry a side."""

    id: UUID
    transfer: Transfer | None
    debit: Entry | None
    credit: Entry | None

    @property
    def in_flight(self) -> int:
        """What left a sender and is nowhere yet, in rupiah."""
        return 0 if self._arrived else self._left

    @property
    def surplus(self) -> int:
        """What it made of nothing, in rupiah: what arrived or will, less what left. A loss is negative."""
        return self._arrived + self._waiting - self._left

    @property
    def pending(self) -> bool:
        return self.transfer is not None and self.transfer.status is TransferStatus.PENDING

    @property
    def _left(self) -> int:
        return self.debit.amount if self.debit and self.debit.kind is Kind.TRANSFER_OUT else 0

    @property
    def _waiting(self) -> int:
        return self.transfer.amount if self.transfer and self.pending else 0

    @property
    def _arrived(self) -> int:
        return self.credit.amount if self.credit and self.credit.kind in RETURNS else 0


@dataclass(frozen=True, slots=True)
class Line:
    """What a transfer says about one of its entries."""

    kind: Kind
    wallet: UUID
    counterparty: UUID | None
    amount: int
    remarks: str

    @classmethod
    def of(cls, entry: Entry) -> Self:
        return cls(entry.kind, entry.wallet, entry.counterparty, entry.amount, entry.remarks)


def group_operations(transfers: Iterable[Transfer], entries: Iterable[Entry]) -> Iterator[Operation]:
    """Bring together what belongs together; transfers rise by id, entries by operation."""
    joined = full_join(transfers, entries, attrgetter("id"), attrgetter("operation"))
    for operation, rows, lines in joined:
        sides = {entry.id.side: entry for entry in lines}
        yield Operation(operation, next(rows, None), sides.get(Side.DEBIT), sides.get(Side.CREDIT))


def check_operation(operation: Operation) -> Iterator[Offence]:
    if operation.transfer is None:
        yield from _check_orphans(operation)
    else:
        yield from _check_side(operation.transfer, "debit", operation.debit, _debit(operation.transfer))
        yield from _check_side(operation.transfer, "credit", operation.credit, _credit(operation.transfer))


def _check_orphans(operation: Operation) -> Iterator[Offence]:
    for entry in (operation.debit, operation.credit):
        if entry is not None and entry.kind in OF_TRANSFERS:
            subject = f"entry {entry.operation}/{entry.id.side}"
            yield Offence(Promise.EXACTLY_ONCE, subject, f"a {entry.kind} without its transfer")


def _check_side(
    transfer: Transfer, side: str, entry: Entry | None, expected: Line | None
) -> Iterator[Offence]:
    subject = f"transfer {transfer.id}"
    if entry is None and expected is not None:
        yield Offence(Promise.EXACTLY_ONCE, subject, f"is {transfer.status} and has no {expected.kind}")
    elif entry is not None and expected is None:
        yield Offence(Promise.EXACTLY_ONCE, subject, f"is {transfer.status} and has a {entry.kind} already")
    elif entry is not None and expected is not None:
        for fault in _differences(Line.of(entry), expected):
            yield Offence(Promise.EXACTLY_ONCE, subject, f"is {transfer.status} and its {side}'s {fault}")


def _differences(found: Line, expected: Line) -> Iterator[str]:
    for field in fields(Line):
        is_, should_be = getattr(found, field.name), getattr(expected, field.name)
        if is_ != should_be:
            yield f"{field.name} is {is_!s}, not {should_be!s}"


def _debit(transfer: Transfer) -> Line:
    return Line(Kind.TRANSFER_OUT, transfer.sender, transfer.target, transfer.amount, transfer.remarks)


def _credit(transfer: Transfer) -> Line | None:
    if transfer.status is TransferStatus.PENDING:
        return None
    if transfer.status is TransferStatus.SUCCESS:
        return Line(Kind.TRANSFER_IN, transfer.target, transfer.sender, transfer.amount, transfer.remarks)
    return Line(Kind.REFUND, transfer.sender, transfer.target, transfer.amount, transfer.remarks)
