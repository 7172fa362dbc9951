"""What the wallet keeps, as frozen records. How they lie in MongoDB is ``wallet.store.documents``."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple
from uuid import UUID


class Side(StrEnum):
    """Which way money moves, seen from the wallet."""

    DEBIT = "DEBIT"
    CREDIT = "CREDIT"


class Kind(StrEnum):
    """The five ways for money to move."""

    TOP_UP = "TOP_UP"
    PAYMENT = "PAYMENT"
    TRANSFER_OUT = "TRANSFER_OUT"
    TRANSFER_IN = "TRANSFER_IN"
    REFUND = "REFUND"

    @cached_property
    def side(self) -> Side:
        return Side.DEBIT if self in (Kind.PAYMENT, Kind.TRANSFER_OUT) else Side.CREDIT


class WalletStatus(StrEnum):
    ACTIVE = "ACTIVE"
    FROZEN = "FROZEN"
    CLOSED = "CLOSED"


class TransferStatus(StrEnum):
    PENDING = "PENDING"
    SUCCESS = "SUCCESS"
    FAILED = "FAILED"


class EntryId(NamedTuple):
    """The primary key of an entry.

    A transfer's credit and its refund have the same id, so the primary key alone allows only one of them.
    """

    operation: UUID
    side: Side


@dataclass(frozen=True, slots=True)
class User:
    id: UUID
    first_name: str
    last_name: str
    phone_number: str
    address: str
    pin_hash: str
    created_at: datetime
    updated_at: datetime


class Tally(NamedTuple):
    """What was moved of one kind, in rupiah and in times: in a day, and in its month so far."""

    day_amount: int = 0
    day_count: int = 0
    month_amount: int = 0
    month_count: int = 0


@dataclass(frozen=True, slots=True)
class Used:
    """How much of its limits a wallet has used up: on ``day``, such as 20261125, and in its month."""

    day: int
    tallies: Mapping[Kind, Tally]


@dataclass(frozen=True, slots=True)
class Wallet:
    """A balance in rupiah and the number of entries that made it."""

    id: UUID
    balance: int
    seq: int
    status: WalletStatus
    used: Used | None = None
    """Nothing where nothing is limited."""


@dataclass(frozen=True, slots=True)
class Session:
    """A login, and the family of refresh tokens that comes of it.

    ``token`` is the digest of the one refresh token that is good now.
    """

    id: UUID
    user: UUID
    token: bytes
    created_at: datetime
    expires_at: datetime


class Mark(NamedTuple):
    """How far a wallet has come: the number of its last entry, and the balance after it in rupiah."""

    seq: int
    balance: int


START = Mark(0, 0)
"""Where every wallet begins."""


@dataclass(frozen=True, slots=True)
class Posting:
    """A wish to move money in or out of one wallet."""

    operation: UUID
    kind: Kind
    wallet: UUID
    amount: int
    remarks: str = ""
    counterparty: UUID | None = None
    keyed: bool = False
    """The operation id comes from an idempotency key, so an entry under it may exist already."""
    request_id: str = ""

    @property
    def entry_id(self) -> EntryId:
        return EntryId(self.operation, self.kind.side)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the ledger: written once, never changed."""

    id: EntryId
    wallet: UUID
    seq: int
    kind: Kind
    amount: int
    before: int
    after: int
    remarks: str
    counterparty: UUID | None
    date: datetime

    @property
    def operation(self) -> UUID:
        return self.id.operation


class Line(NamedTuple):
    """A line of a report: an entry and what became of its operation."""

    entry: Entry
    status: TransferStatus


@dataclass(frozen=True, slots=True)
class Transfer:
    """A row of the queue: money that left the sender and must reach the target or come back."""

    id: UUID
    sender: UUID
    target: UUID
    amount: int
    remarks: str
    status: TransferStatus
    date: datetime
    partition: int
    request_id: str = ""
    attempts: int = 0
    failure: str | None = None
    settled_at: datetime | None = None
    parked: bool = False
