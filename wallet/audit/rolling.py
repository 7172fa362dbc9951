"""Holds the whole ledger to the audit's rules, a slice at a time and only what is new, pass after pass."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from random import sample
from typing import TypeVar
from uuid import UUID

from wallet.audit.chains import mark
from wallet.audit.drift import Stretch, judge_transfer, judge_wallet, missing, prove
from wallet.audit.gathering import operations_of
from wallet.audit.operations import OF_TRANSFERS
from wallet.clock import Clock
from wallet.models import START, Entry, Mark
from wallet.store.findings import EVERYTHING, Drift, Findings, Reach, Span, Standing, Subject
from wallet.store.look import BUDGET, SLICE, Look
from wallet.store.proofs import Proofs

Row = TypeVar("Row")
Part = Callable[[Look, Span], tuple[Span, Findings]]


@dataclass(frozen=True, slots=True)
class Step:
    """What one slice came to: entries read and left for later, drifts that are new, what is right again."""

    entries: int = 0
    unproven: int = 0
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
        return Step(findings.entries, findings.unproven, found, findings.mended, self._go_on(span))

    def _go_on(self, span: Span) -> bool:
        """Move behind ``span`` and return whether a pass ended with it."""
        rest = EVERYTHING.behind(span)
        if rest:
            self._rest = rest
            return False
        if len(self._parts) > 1:
            self._rest, self._parts = EVERYTHING, self._parts[1:]
            return False
        self._proofs.note_pass()
        self.restart()
        return True


def _check_wallets(look: Look, rest: Span) -> tuple[Span, Findings]:
    span, standings = look.standings(rest)
    behind = {one.id: reach for one in standings if (reach := missing(one))}
    chosen = _affordable(behind)
    lines = look.entries(chosen)
    postponed = behind.keys() - chosen.keys()
    stretches = {one.id: prove(one, lines.get(one.id, [])) for one in standings if one.id not in postponed}
    findings = _check_transfers(look, [entry for one in stretches.values() for entry in one.entries])
    findings.proofs = _proofs(stretches, {drift.id for drift in findings.drifts})
    findings.unproven = sum(_unproven(one, findings.proofs.get(one.id)) for one in standings)
    drifts = [drift for one in standings if (drift := judge_wallet(one, stretches.get(one.id)))]
    known = look.drifting(Subject.WALLET, span)
    findings.mended = {*known} - {drift.id for drift in drifts} - postponed
    findings.drifts += drifts
    return span, findings


def _affordable(behind: Mapping[UUID, Reach]) -> dict[UUID, Reach]:
    """Choose whose entries to read in this look: by lot, so that a busy wallet keeps nobody back for ever."""
    chosen, left = {}, BUDGET
    for one in sample(sorted(behind), len(behind)):  # an order, no secret  # nosec B311
        if left <= 0:
            break
        chosen[one] = behind[one]
        left -= behind[one].last - behind[one].first + 1
    return chosen


def _unproven(standing: Standing, proof: Mark | None) -> int:
    proven = proof or standing.proof or START
    return max(0, (standing.tip or START).seq - proven.seq)


def _check_transfers(look: Look, proven: Sequence[Entry]) -> Findings:
    findings = Findings(entries=len(proven))
    lines = {entry.id: entry for entry in proven if entry.kind in OF_TRANSFERS}
    for operation in operations_of(look, {key.operation for key in lines}, lines):
        if drift := judge_transfer(operation):
            findings.drifts.append(drift)
        elif operation.pending:
            findings.awaited.add(operation.id)
    return findings


def _proofs(stretches: Mapping[UUID, Stretch], suspect: Collection[UUID]) -> dict[UUID, Mark]:
    """Return how far each chain is proven now: up to the first entry of a transfer that is ``suspect``.

    It may be taken away to mend the ledger, and what was never proven may go.
    """
    proofs = {}
    for wallet, stretch in stretches.items():
        trusted = list(takewhile(lambda entry: entry.operation not in suspect, stretch.entries))
        if trusted:
            proofs[wallet] = mark(trusted[-1])
    return proofs


def _check_awaited(look: Look, rest: Span) -> tuple[Span, Findings]:
    ids = look.awaited(rest)
    findings = Findings()
    for operation in operations_of(look, ids):
        if drift := judge_transfer(operation, proven=True):
            findings.drifts.append(drift)
        elif not operation.pending:
            findings.closed.add(operation.id)
    return _reached(rest, ids), findings


def _check_drifting(look: Look, rest: Span) -> tuple[Span, Findings]:
    ids = look.drifting(Subject.TRANSFER, rest, SLICE)
    awaited = look.awaited_among(ids)
    findings = Findings()
    for operation in operations_of(look, ids):
        if drift := judge_transfer(operation, proven=operation.id in awaited):
            findings.drifts.append(drift)
            continue
        findings.mended.add(operation.id)
        (findings.awaited if operation.pending else findings.closed).add(operation.id)
    return _reached(rest, ids), findings


def _reached(rest: Span, ids: Sequence[UUID]) -> Span:
    return Span(rest.first, ids[-1]) if len(ids) == SLICE else rest
