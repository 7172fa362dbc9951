"""Holds the whole ledger to the audit's rules, a slice at a time and only what is new, pass after pass."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from wallet.audit.drift import judge_transfer, judge_wallet, missing, prove
from wallet.audit.forms import ENTRY, TRANSFER, Form, check_form
from wallet.audit.operations import OF_TRANSFERS, Operation
from wallet.clock import Clock
from wallet.models import Entry, EntryId, Side
from wallet.store import documents
from wallet.store.client import Document
from wallet.store.proofs import (
    EVERYTHING,
    PIECE,
    SLICE,
    Drift,
    Findings,
    Look,
    Proofs,
    Span,
    Standing,
    Subject,
)

Row = TypeVar("Row")
Part = Callable[[Look, Span], tuple[Span, Findings]]


@dataclass(frozen=True, slots=True)
class Step:
    """What one slice came to: entries proven, drifts that are new, what is right again."""

    entries: int = 0
    found: Collection[Drift] = ()
    mended: Collection[UUID] = ()
    pass_ended: bool = False


class RollingCheck:
    """Passes over all wallets, then over the transfers that wait for their credit or are at fault.

    Each slice is of one moment, so writers never make it see half a transfer. Whatever is found is remembered
    in the database until it is right again, so another process can go on. Two at once are harmless.
    """

    def __init__(self, proofs: Proofs, clock: Clock) -> None:
        self._proofs = proofs
        self._clock = clock
        self.restart()

    def restart(self) -> None:
        """Begin a pass from its start."""
        self._parts: list[Part] = [_check_wallets, _check_awaited, _check_drifting]
        self._rest = EVERYTHING

    def step(self) -> Step:
        """Check one slice.

        Raises:
            Unavailable, StoreFault: the same slice is next again.
        """
        with self._proofs.look() as look:
            if look.is_loading():
                return Step()
            span, findings = self._parts[0](look, self._rest)
        found = self._proofs.save(findings, self._clock())
        return Step(findings.entries, found, findings.mended, self._go_on(span))

    def _go_on(self, span: Span) -> bool:
        """Move behind ``span`` and return whether a pass ended with it."""
        if span.last < EVERYTHING.last:
            self._rest = Span(UUID(int=span.last.int + 1), EVERYTHING.last)
            return False
        self._rest = EVERYTHING
        self._parts = self._parts[1:]
        if self._parts:
            return False
        self._proofs.note_pass()
        self.restart()
        return True


def _check_wallets(look: Look, rest: Span) -> tuple[Span, Findings]:
    span, standings = _affordable(*look.standings(rest))
    reaches = {one.id: reach for one in standings if (reach := missing(one))}
    lines = look.entries(reaches)
    findings = Findings(mended=set(look.drifting(Subject.WALLET, span)))
    proven: list[Entry] = []
    for standing in standings:
        stretch = prove(standing, lines.get(standing.id, []))
        proven += stretch.entries
        if stretch.entries:
            findings.proofs[standing.id] = stretch.end
        if drift := judge_wallet(standing, stretch):
            findings.drifts.append(drift)
    findings.mended -= {drift.id for drift in findings.drifts}
    findings.entries = len(proven)
    _check_new_transfers(look, proven, findings)
    return span, findings


def _affordable(span: Span, standings: Sequence[Standing]) -> tuple[Span, Sequence[Standing]]:
    """Leave off what has more new entries than a look may read; the first wallet is always looked at."""
    left = PIECE
    for count, one in enumerate(standings):
        reach = missing(one)
        left -= reach[1] - reach[0] + 1 if reach else 0
        if left < 0 and count:
            return Span(span.first, standings[count - 1].id), standings[:count]
    return span, standings


def _check_new_transfers(look: Look, proven: Iterable[Entry], findings: Findings) -> None:
    lines = {entry.id: entry for entry in proven if entry.kind in OF_TRANSFERS}
    for operation in _operations(look, {key.operation for key in lines}, lines):
        if drift := judge_transfer(operation):
            findings.drifts.append(drift)
        elif operation.pending:
            findings.awaited.add(operation.id)


def _check_awaited(look: Look, rest: Span) -> tuple[Span, Findings]:
    ids = look.awaited(rest)
    findings = Findings()
    for operation in _operations(look, ids):
        if drift := judge_transfer(operation, proven=True):
            findings.drifts.append(drift)
        elif not operation.pending:
            findings.closed.add(operation.id)
    return _reached(rest, ids), findings


def _check_drifting(look: Look, rest: Span) -> tuple[Span, Findings]:
    ids = look.drifting(Subject.TRANSFER, rest, SLICE)
    awaited = look.awaited_among(ids)
    findings = Findings()
    for operation in _operations(look, ids):
        if drift := judge_transfer(operation, proven=operation.id in awaited):
            findings.drifts.append(drift)
            continue
        findings.mended.add(operation.id)
        (findings.awaited if operation.pending else findings.closed).add(operation.id)
    return _reached(rest, ids), findings


def _reached(rest: Span, ids: Sequence[UUID]) -> Span:
    return Span(rest.first, ids[-1]) if len(ids) == SLICE else rest


def _operations(
    look: Look, ids: Collection[UUID], known: Mapping[EntryId, Entry] | None = None
) -> Iterator[Operation]:
    """Yield all there is under ``ids``; ``known`` are entries that need not be read again."""
    if not ids:
        return
    transfers = {row.id: row for row in _well_formed(look.transfers(ids), TRANSFER, documents.transfer)}
    entries = dict(known or {})
    others = {EntryId(one, side) for one in ids for side in Side} - entries.keys()
    entries |= {entry.id: entry for entry in _well_formed(look.sides(others), ENTRY, documents.entry)}
    for one in ids:
        sides = [entries.get(EntryId(one, side)) for side in (Side.DEBIT, Side.CREDIT)]
        yield Operation(one, transfers.get(one), *sides)


def _well_formed(rows: Iterable[Document], form: Form, read: Callable[[Document], Row]) -> Iterator[Row]:
    """What is malformed is as good as missing: that is an offence, told by what misses it."""
    return (read(row) for row in rows if not any(check_form(row, form)))
