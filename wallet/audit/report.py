"""What an audit counted, and what it found wrong."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from wallet.models import Entry, Kind, Transfer, TransferStatus, Wallet


class Promise(StrEnum):
    """The promises that the ledger can be held to, by their numbers."""

    CONSERVATION = "P1"
    BOUNDS = "P2"
    EXACTLY_ONCE = "P3"
    CHAIN = "P6"


@dataclass(frozen=True, slots=True)
class Offence:
    """A broken promise: which one, what breaks it, and how."""

    promise: Promise
    subject: str
    fault: str

    def __str__(self) -> str:
        return f"{self.promise} {self.subject}: {self.fault}"


@dataclass(slots=True)
class Counts:
    """What was read. Sums are in rupiah."""

    users: int = 0
    wallets: int = 0
    balances: int = 0
    entries: Counter[Kind] = field(default_factory=Counter)
    amounts: Counter[Kind] = field(default_factory=Counter)
    transfers: Counter[TransferStatus] = field(default_factory=Counter)
    parked: int = 0
    in_flight: int = 0
    """Taken from a sender, and neither credited nor refunded yet."""

    def add_user(self, _id: object) -> None:
        self.users += 1

    def add_wallet(self, wallet: Wallet) -> None:
        self.wallets += 1
        self.balances += wallet.balance

    def add_entry(self, entry: Entry) -> None:
        self.entries[entry.kind] += 1
        self.amounts[entry.kind] += entry.amount

    def add_transfer(self, transfer: Transfer) -> None:
        self.transfers[transfer.status] += 1
        self.parked += transfer.parked


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of an audit: ``offences`` are the first ones, ``offence_count`` counts them all."""

    counts: Counts
    offences: tuple[Offence, ...]
    offence_count: int
    since: datetime | None = None
    """Only what happened since then was looked at, and conservation was not: it is a sum over everything."""

    @property
    def clean(self) -> bool:
        return self.offence_count == 0


class Findings:
    """Counts every offence and keeps the first few, so that even a ruined database fits in memory."""

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self.kept: list[Offence] = []
        self.count = 0

    def add(self, offences: Iterable[Offence]) -> None:
        for offence in offences:
            self.count += 1
            if len(self.kept) < self._keep:
                self.kept.append(offence)
