"""The words of the check for drift: what it looks at, and what it finds there."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from bson import Int64

from wallet.models import Mark
from wallet.store.client import Document

# With the bounds inclusive and of one type, only uuids are in between: somebody else's ids end no walk.
_FIRST, _LAST = UUID(int=0), UUID(int=2**128 - 1)


class Subject(StrEnum):
    """What can be wrong: a wallet or a transfer."""

    WALLET = "wallet"
    TRANSFER = "transfer"


@dataclass(frozen=True, slots=True)
class Drift:
    """What is wrong with a wallet or a transfer; ``rupiah`` appeared from nowhere, or went there."""

    of: Subject
    id: UUID
    rupiah: int
    fault: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A wallet at one moment: what it says, up to where it was proven, and where its entries end."""

    id: UUID
    wallet: Mark | None
    proof: Mark | None
    tip: Mark | None


class Span(NamedTuple):
    """A stretch of ids, both ends included."""

    first: UUID
    last: UUID

    @property
    def ids(self) -> Document:
        return {"$gte": self.first, "$lte": self.last}

    def behind(self, span: "Span") -> "Span | None":
        """Return what is left of this one behind ``span``."""
        return Span(UUID(int=span.last.int + 1), self.last) if span.last < self.last else None


class Reach(NamedTuple):
    """The seq of the first and of the last entry to read of a wallet, both included."""

    first: int
    last: int

    @property
    def seqs(self) -> Document:
        return {"$gte": Int64(self.first), "$lte": Int64(self.last)}


EVERYTHING = Span(_FIRST, _LAST)


@dataclass(slots=True)
class Findings:
    """What one look came to."""

    proofs: dict[UUID, Mark] = field(default_factory=dict)
    awaited: set[UUID] = field(default_factory=set)
    """Transfers whose credit is still to come."""
    closed: set[UUID] = field(default_factory=set)
    """Transfers that are proven whole."""
    drifts: list[Drift] = field(default_factory=list)
    mended: set[UUID] = field(default_factory=set)
    """Wallets and transfers that are right again."""
    entries: int = 0
    unproven: int = 0
    """Entries that are left for later."""


@dataclass(frozen=True, slots=True)
class Total:
    """All that is wrong now: how much money it is, and how many wallets and transfers."""

    rupiah: int
    subjects: int
