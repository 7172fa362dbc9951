"""What a run leaves behind for the checkers, besides the books: plain values that do not change any more.

A checker is ``check(evidence, books) -> list[Violation]``; it only reads, asks nobody, and takes time in
proportion to what is there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from tests.chaos.history import Exchange, Fault
from wallet.models import TransferStatus


@dataclass(frozen=True, slots=True)
class Violation:
    """A promise that was broken."""

    promise: str
    """``P1`` to ``P18`` as in the design, or ``C9`` for what is shown of it."""
    what: str
    where: str
    """The wallet, the call, the transfer, the process or the moment."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The totals of one snapshot, taken while the run went on; rupiah."""

    at_ns: int
    held: int
    in_flight: int
    topped_up: int
    paid: int
    lowest: int
    highest: int
    pending: int
    oldest_s: float | None = None
    """How long the oldest transfer that waits has been seen to; None when there is none."""


@dataclass(frozen=True, slots=True)
class Move:
    """A transfer's status changed, as a change stream that misses nothing told it; in that order."""

    transfer: UUID
    status: TransferStatus
    at_ns: int
    """When it was heard: after it happened."""


@dataclass(frozen=True, slots=True)
class Scrape:
    """The last metrics of a process."""

    process: str
    role: Literal["pod", "watcher"]
    text: str
    """As Prometheus reads it."""
    died: bool
    """Whether it, or a worker of it, was killed: then what it counted last may be lost."""


@dataclass(frozen=True, slots=True)
class Audit:
    """How ``dompet audit`` ended."""

    exit_code: int
    output: str


@dataclass(frozen=True, slots=True)
class Evidence:
    exchanges: Sequence[Exchange] = ()
    """In the order they were sent."""
    faults: Sequence[Fault] = ()
    samples: Sequence[Sample] = ()
    moves: Sequence[Move] = ()
    scrapes: Sequence[Scrape] = ()
    audit: Audit | None = None
    cap: int = 2**53 - 1
    """``BALANCE_CAP`` of the run."""
    load_ended_ns: int | None = None
    """When the clients stopped asking for more. After it a fault needs no next acknowledgement."""
