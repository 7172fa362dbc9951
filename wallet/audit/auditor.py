"""Reads one snapshot of the whole ledger in constant memory and holds it to the promises."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar
from uuid import UUID

from wallet.audit import forms
from wallet.audit.chains import check_chains
from wallet.audit.conservation import check_conservation
from wallet.audit.operations import Operation, check_operation, group_operations
from wallet.audit.owners import check_owners
from wallet.audit.report import Counts, Findings, Report
from wallet.models import Entry, Transfer, Wallet
from wallet.progress import Track, untracked
from wallet.rules.money import LARGEST_CAP
from wallet.store import documents
from wallet.store.client import Document
from wallet.store.opening import Store
from wallet.store.snapshot import BY_ID, BY_WALLET, Order, snapshot

Row = TypeVar("Row")


class Moment(Protocol):
    """What an audit reads: collections that hold still, each in an order."""

    def documents(self, collection: str, order: Order, /) -> Iterator[Document]: ...

    def ids(self, collection: str, /) -> Iterator[Document]: ...

    def size(self, collection: str, /) -> int: ...


def audit(database: Store, *, cap: int = LARGEST_CAP, keep: int = 20, track: Track = untracked) -> Report:
    """Hold the database to the promises P1, P2, P3 and P6, as it was at one moment.

    Args:
        database: what to read; nothing is written.
        cap: the highest balance a wallet may have, in rupiah.
        keep: how many offences to name; all are counted.
        track: draws the progress.

    Raises:
        SnapshotTooOld: reading took longer than the server keeps history.
        Unavailable: the server does not answer.
    """
    with snapshot(database) as moment:
        return Auditor(moment, cap=cap, keep=keep, track=track).run()


class Auditor:
    """One audit: three passes, each a merge of two sorted streams."""

    def __init__(self, moment: Moment, *, cap: int, keep: int, track: Track) -> None:
        self._moment = moment
        self._cap = cap
        self._track = track
        self._findings = Findings(keep)
        self._counts = Counts()

    def run(self) -> Report:
        self._findings.add(check_owners(self._user_ids(), self._wallet_ids()))
        self._findings.add(check_chains(self._wallets(), self._entries_by_wallet(), cap=self._cap))
        for operation in group_operations(self._transfers(), self._entries_by_operation()):
            self._add_operation(operation)
        self._findings.add(check_conservation(self._counts))
        return Report(self._counts, tuple(self._findings.kept), self._findings.count)

    def _add_operation(self, operation: Operation) -> None:
        self._counts.in_flight += operation.in_flight
        self._findings.add(check_operation(operation))

    def _user_ids(self) -> Iterator[UUID]:
        users = self._tracked("users", "users", self._moment.ids("users"))
        return _seen(self._well_formed(users, forms.USER, _id), self._counts.add_user)

    def _wallet_ids(self) -> Iterator[UUID]:
        # Whatever is wrong with a wallet's own document is told once, by the pass over the chains.
        return (row["_id"] for row in self._moment.ids("wallets") if isinstance(row["_id"], UUID))

    def _wallets(self) -> Iterator[Wallet]:
        wallets = self._read("wallets", "wallets", BY_ID)
        return _seen(self._well_formed(wallets, forms.WALLET, documents.wallet), self._counts.add_wallet)

    def _entries_by_wallet(self) -> Iterator[Entry]:
        entries = self._read("entries by wallet", "entries", BY_WALLET)
        return _seen(self._well_formed(entries, forms.ENTRY, documents.entry), self._counts.add_entry)

    def _entries_by_operation(self) -> Iterator[Entry]:
        # Told already by the pass over the chains: here malformed entries are only left out.
        for document in self._read("entries by operation", "entries", BY_ID):
            if not any(forms.check_form(document, forms.ENTRY)):
                yield documents.entry(document)

    def _transfers(self) -> Iterator[Transfer]:
        transfers = self._read("transfers", "transfers", BY_ID)
        return _seen(
            self._well_formed(transfers, forms.TRANSFER, documents.transfer), self._counts.add_transfer
        )

    def _read(self, title: str, collection: str, order: Order) -> Iterable[Document]:
        return self._tracked(title, collection, self._moment.documents(collection, order))

    def _tracked(self, title: str, collection: str, rows: Iterable[Document]) -> Iterable[Document]:
        return self._track(rows, title, self._moment.size(collection))

    def _well_formed(
        self, rows: Iterable[Document], form: forms.Form, read: Callable[[Document], Row]
    ) -> Iterator[Row]:
        for document in rows:
            offences = list(forms.check_form(document, form))
            self._findings.add(offences)
            if not offences:
                yield read(document)


def _seen(rows: Iterable[Row], see: Callable[[Row], None]) -> Iterator[Row]:
    for row in rows:
        see(row)
        yield row


def _id(document: Document) -> UUID:
    key: UUID = document["_id"]
    return key
