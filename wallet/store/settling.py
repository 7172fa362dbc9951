"""The settlement engine: pending transfers become credits or refunds, a batch to a transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pymongo import UpdateOne
from pymongo.client_session import ClientSession
from pymongo.database import Database

from wallet import ledger, settlement
from wallet.ledger import Declined, Outcome, Sheet
from wallet.models import Entry, Kind, Posting, Transfer, TransferStatus, Wallet
from wallet.settlement import Refund, Refunds, Settlement, Vouched
from wallet.store.books import Books
from wallet.store.client import Document
from wallet.store.faults import renamed
from wallet.store.transactions import Transactions

BATCH_ATTEMPTS = 2
"""How often a batch may collide before it is made smaller."""


class Overtaken(Exception):
    """Somebody else settled one of the batch first. Nothing was written: read the queue again."""


@dataclass(frozen=True, slots=True)
class _Page:
    """A batch before it is written: the wallets it starts from, its sheet, and the outcomes by transfer."""

    wallets: Mapping[UUID, Wallet]
    sheet: Sheet
    outcomes: Mapping[UUID, Outcome]


class SettlementEngine:
    """Settles transfers exactly once in effect: whoever else tries finds them no longer pending."""

    def __init__(self, database: Database[Document], transactions: Transactions, *, cap: int) -> None:
        self._books = Books(database)
        self._transfers = database["transfers"]
        self._transactions = transactions
        self._cap = cap

    def vouch(
        self, transfers: Sequence[Transfer], picked_up_at: datetime | None = None
    ) -> tuple[Vouched, list[UUID]]:
        """Ask the ledger for the debits of ``transfers``; return also the ids of those that have none.

        They are read apart from the transaction: they never change, and what a majority has is never undone.
        So the transaction is short, and seldom in the way of those who pay with the same wallets.

        Raises:
            Unavailable: the store cannot answer now.
        """
        with renamed():
            debits = self._books.debits([one.id for one in transfers])
        backed = [one for one in transfers if settlement.vouches(debits.get(one.id.bytes), one)]
        doubtful = {one.id for one in transfers}.difference(one.id for one in backed)
        return Vouched(backed, picked_up_at), list(doubtful)

    def settle(self, vouched: Vouched, date: datetime) -> Settlement:
        """Credit the targets of the transfers in one transaction.

        Raises:
            Overtaken: one of them is no longer pending; nothing was written.
            Collision: a batch of several got in the way of others too often; nothing was written.
            Unavailable: the store cannot commit now; nothing was written.
            AlreadyExists, MalformedDocument: one of the batch is poison; nothing was written.
        """
        transfers = vouched.transfers
        if not transfers:
            return Settlement([], {})
        return self._transactions.run(
            lambda session: self._settle(vouched, date, session),
            attempts=None if len(transfers) == 1 else BATCH_ATTEMPTS,
        )

    def give_up(
        self, reasons: Mapping[Any, str], date: datetime, picked_up_at: datetime | None = None
    ) -> Refunds:
        """Refund the transfers that are still pending among ``reasons`` (id -> why), in one transaction.

        What is given back is what the ledger took, whatever the row of the queue says. Nobody picked up what
        an operator fails.

        Raises:
            As ``settle``.
        """
        mark = _ended(TransferStatus.FAILED, date, picked_up_at)
        return self._transactions.run(lambda session: self._give_up(reasons, mark, session))

    def _settle(self, vouched: Vouched, date: datetime, session: ClientSession) -> Settlement:
        transfers = vouched.transfers
        page = self._page([settlement.credit(one) for one in transfers], date, session)
        declined: dict[Any, str] = {}
        credited = [one for one in transfers if _posted(one.id, page.outcomes[one.id], declined)]
        self._books.write_wallets(page.wallets, page.sheet, session)
        # Before the entries: whoever was overtaken must find out by the status, not by a duplicate key.
        mark = _ended(TransferStatus.SUCCESS, date, vouched.picked_up_at)
        self._mark_credited([one.id for one in credited], mark, session)
        self._books.add_entries(page.sheet, session)
        return Settlement(credited, declined)

    def _debits(self, ids: Collection[Any], session: ClientSession) -> dict[Any, Entry]:
        entries = self._books.entries([settlement.debit_id(one) for one in ids], session)
        return {key.operation: entry for key, entry in entries.items()}

    def _page(self, postings: Sequence[Posting], date: datetime, session: ClientSession) -> _Page:
        wallets = self._books.wallets({posting.wallet for posting in postings}, session)
        sheet = ledger.post(postings, wallets, {}, cap=self._cap, date=date)
        operations = (posting.operation for posting in postings)
        return _Page(wallets, sheet, dict(zip(operations, sheet.outcomes, strict=True)))

    def _mark_credited(self, ids: Sequence[UUID], mark: Document, session: ClientSession) -> None:
        if not ids:
            return
        # What an operator parked since it was read is not credited either.
        wanted = _still_pending(ids) | {"parked": {"$ne": True}}
        marked = self._transfers.update_many(wanted, {"$set": mark}, session=session)
        if marked.matched_count != len(ids):
            raise Overtaken

    def _give_up(self, reasons: Mapping[Any, str], mark: Document, session: ClientSession) -> Refunds:
        date = mark["settled_at"]
        rows = self._rows(reasons, session)
        debits = _of_transfers(self._debits(rows, session))
        stuck = {one: reasons[one] for one in rows.keys() - debits.keys()}
        page = self._page([settlement.refund(debit) for debit in debits.values()], date, session)
        refunded = [
            Refund(debit, reasons[one], str(rows[one].get("request_id", "")))
            for one, debit in debits.items()
            if _posted(one, page.outcomes[one], stuck)
        ]
        self._books.write_wallets(page.wallets, page.sheet, session)
        self._mark_failed(refunded, mark, session)
        self._books.add_entries(page.sheet, session)
        return Refunds(refunded, stuck)

    def _rows(self, ids: Collection[Any], session: ClientSession) -> dict[Any, Document]:
        # Only what is needed: a row with a field that cannot even be decoded is refunded like any other.
        found = self._transfers.find(
            _still_pending(ids), {"request_id": True}, session=session, batch_size=len(ids) + 1
        )
        return {row["_id"]: row for row in found}

    def _mark_failed(self, refunds: Sequence[Refund], mark: Document, session: ClientSession) -> None:
        marks = [
            UpdateOne({"_id": one.debit.operation}, {"$set": {**mark, "failure": one.reason}})
            for one in refunds
        ]
        if marks:
            self._transfers.bulk_write(marks, session=session)


def _still_pending(ids: Collection[Any]) -> Document:
    return {"_id": {"$in": list(ids)}, "status": TransferStatus.PENDING.value}


def _of_transfers(debits: Mapping[Any, Entry]) -> dict[Any, Entry]:
    # A payment is a debit as well. A row that points at one must not bring its money back.
    return {one: debit for one, debit in debits.items() if debit.kind is Kind.TRANSFER_OUT}


def _posted(transfer_id: Any, outcome: Outcome, declined: dict[Any, str]) -> bool:
    if isinstance(outcome, Declined):
        declined[transfer_id] = outcome.reason.code
        return False
    return True


def _ended(status: TransferStatus, date: datetime, picked_up_at: datetime | None) -> Document:
    """Return the fields of a row that tell its end. One update writes them: when it began costs nothing."""
    picked_up = {"picked_up_at": picked_up_at} if picked_up_at else {}
    return {"status": status.value, "settled_at": date, **picked_up}
