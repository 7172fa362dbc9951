"""A transfer as an operator sees it: the row however it got there, its entries, the wallets it touches."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from wallet.models import Entry, Kind, Transfer, TransferStatus, Wallet
from wallet.settlement import promised

_ENDS = {Kind.TRANSFER_IN: TransferStatus.SUCCESS, Kind.REFUND: TransferStatus.FAILED}


class Action(StrEnum):
    """What an operator can do with a transfer that is still pending."""

    RETRY = "retry"
    FAIL = "fail"
    PARK = "park"


@dataclass(frozen=True, slots=True)
class Note:
    """What an operator did, who it was, and why."""

    action: str
    by: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class FailedAttempt:
    """When an attempt failed, and the code of why."""

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the queue as it lies there. What another hand wrote may hold anything: hence ``Any``."""

    id: Any
    sender: Any
    target: Any
    amount: Any
    status: Any
    date: Any
    partition: Any
    request_id: Any
    attempts: Any
    retry_at: Any
    failure: Any
    settled_at: Any
    parked: bool
    notes: tuple[Note, ...]
    transfer: Transfer | None
    """What the watchers read in it; ``None`` when they cannot, and ``fault`` says why."""
    fault: str = ""
    picked_up_at: Any = None
    """When the watcher that ended it took it out of the queue."""
    parked_at: Any = None
    """When a watcher parked it last."""
    failed_attempts: tuple[FailedAttempt, ...] = ()

    @property
    def pending(self) -> bool:
        return bool(self.status == TransferStatus.PENDING.value)


@dataclass(frozen=True, slots=True)
class Case:
    """All there is about one transfer, at one moment."""

    row: Row
    debit: Entry | None
    credit: Entry | None
    """The other half: the target's credit, or the sender's refund."""
    wallets: Mapping[UUID, Wallet]

    @property
    def taken(self) -> Entry | None:
        """What the ledger took from the sender for a transfer: all that can ever be given back."""
        # A payment is a debit as well. A row that points at one must not bring its money back.
        return self.debit if self.debit and self.debit.kind is Kind.TRANSFER_OUT else None

    @property
    def owners(self) -> tuple[Any, Any]:
        """Between whom it is. The row is asked only where nothing was taken."""
        if self.taken:
            return self.taken.wallet, self.taken.counterparty
        return self.row.sender, self.row.target

    @property
    def as_the_ledger_tells(self) -> Transfer | None:
        """The transfer by its entries, and why it failed by its row; ``None`` where nothing was taken."""
        if self.taken is None:
            return None
        end = self.credit
        return replace(
            promised(self.taken),
            status=_ENDS[end.kind] if end else TransferStatus.PENDING,
            failure=self.row.failure if isinstance(self.row.failure, str) else None,
            settled_at=end.date if end else None,
            parked=self.row.parked,
        )
