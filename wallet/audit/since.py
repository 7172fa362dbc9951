"""The audit of what happened since a date, on a large database that is old."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from uuid import UUID

from wallet.audit import forms
from wallet.audit.chains import check_end, check_entry, mark
from wallet.audit.gathering import operations_of
from wallet.audit.operations import OF_TRANSFERS, Operation, check_operation
from wallet.audit.report import Counts, Findings, Report
from wallet.models import START, Entry, Mark
from wallet.progress import Track, untracked
from wallet.rules.money import LARGEST_CAP
from wallet.store import documents
from wallet.store.client import Document
from wallet.store.findings import EVERYTHING, Span
from wallet.store.look import SLICE, Look
from wallet.store.opening import Store
from wallet.store.snapshot import snapshot

_SKEW = timedelta(minutes=1)
"""The dates in a chain are of several clocks: so much older must an entry be to end the walk."""


def audit_since(
    database: Store, since: datetime, *, cap: int = LARGEST_CAP, keep: int = 20, track: Track = untracked
) -> Report:
    """Hold what happened since ``since`` to the promises P2, P3 and P6, as it was at one moment.

    Every wallet is held to its last entry. Where that is new, its chain is walked back to ``since``, and the
    transfers that made the new entries are checked.

    Args:
        database: what to read; nothing is written.
        since: with its time zone.
        cap: the highest balance a wallet may have, in rupiah.
        keep: how many offences to name; all are counted.
        track: draws the progress.

    Raises:
        SnapshotTooOld: reading took longer than the server keeps history.
        Unavailable: the server does not answer.
    """
    with snapshot(database) as moment:
        look = Look(moment)
        recent = _Recent(look, since - _SKEW, cap=cap, keep=keep)
        spans = track(recent.spans(), "wallets, 500 at a time", look.size("wallets") // SLICE + 1)
        for span in spans:
            recent.check(span)
    return Report(recent.counts, tuple(recent.findings.kept), recent.findings.count, since)


class _Recent:
    """One audit: slice after slice of the wallets, at one moment."""

    def __init__(self, look: Look, floor: datetime, *, cap: int, keep: int) -> None:
        self._look = look
        self._floor = floor
        self._cap = cap
        self._rest: Span | None = EVERYTHING
        self.findings = Findings(keep)
        self.counts = Counts()

    def spans(self) -> Iterator[Span]:
        while self._rest:
            yield self._rest

    def check(self, rest: Span) -> None:
        span, wallets, tips = self._look.ends(rest)
        self._rest = EVERYTHING.behind(span)
        marks = dict(self._wallets(wallets))
        for wallet in sorted(marks.keys() | tips.keys()):
            last = _mark(tips.get(wallet))
            self.findings.add(check_end(wallet, marks.get(wallet), last, cap=self._cap))
        for wallet in sorted(one for one, tip in tips.items() if _is_new(tip, self._floor)):
            self._check_chain(wallet)

    def _wallets(self, rows: Iterable[Document]) -> Iterator[tuple[UUID, Mark]]:
        for row in rows:
            offences = list(forms.check_form(row, forms.WALLET))
            self.findings.add(offences)
            if not offences:
                wallet = documents.wallet(row)
                self.counts.add_wallet(wallet)
                yield wallet.id, Mark(wallet.seq, wallet.balance)

    def _check_chain(self, wallet: UUID) -> None:
        batch: dict[UUID, Entry] = {}
        for entry, before in _links(self._entries(wallet)):
            if entry.date < self._floor:
                break
            self.counts.add_entry(entry)
            self.findings.add(check_entry(entry, before, cap=self._cap))
            if entry.kind in OF_TRANSFERS:
                batch[entry.operation] = entry
            if len(batch) == SLICE:
                self._check_transfers(batch)
                batch = {}
        self._check_transfers(batch)

    def _entries(self, wallet: UUID) -> Iterator[Entry]:
        for row in self._look.backwards(wallet):
            offences = list(forms.check_form(row, forms.ENTRY))
            self.findings.add(offences)
            if not offences:
                yield documents.entry(row)

    def _check_transfers(self, batch: dict[UUID, Entry]) -> None:
        for operation in operations_of(self._look, batch.keys()):
            if batch[operation.id].id == _told_by(operation, self._floor):
                self.findings.add(check_operation(operation))
                self.counts.in_flight += operation.in_flight
                if operation.transfer:
                    self.counts.add_transfer(operation.transfer)


def _links(newest_first: Iterable[Entry]) -> Iterator[tuple[Entry, Mark]]:
    """Yield each entry with the mark of the one before it, from the newest to the oldest."""
    newer: Entry | None = None
    for entry in newest_first:
        if newer:
            yield newer, mark(entry)
        newer = entry
    if newer:
        yield newer, START


def _told_by(operation: Operation, floor: datetime) -> object:
    """Return the id of the entry that a transfer is told by, so that it is told once."""
    debit, credit = operation.debit, operation.credit
    told = debit if debit and (debit.date >= floor or credit is None) else credit
    return told and told.id


def _mark(tip: Document | None) -> Mark:
    if tip and all(isinstance(tip[name], int) for name in ("seq", "balance")):
        return Mark(tip["seq"], tip["balance"])
    return START


def _is_new(tip: Document, floor: datetime) -> bool:
    # What has no date is looked at: the form says what is wrong with it.
    return not isinstance(tip["date"], datetime) or tip["date"] >= floor
