"""The settlement engine: pending transfers become credits or refunds, a batch to a transaction."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pymongo import UpdateOne
from pymongo.client_session import ClientSession
from pymongo.database import Database

from wallet import ledger, settlement
from wallet.errors import MalformedDocument
from wallet.ledger import Declined, Outcome
from wallet.models import Entry, Posting, Transfer, TransferStatus
from wallet.settlement import Refund, Refunds, Settlement
from wallet.store import documents
from wallet.store.books import Books
from wallet.store.client import Document
from wallet.store.transactions import Transactions


class SettlementEngine:
    """Settles transfers exactly once in effect: whoever else tries finds them no longer pending."""

    def __init__(self, database: Database[Document], transactions: Transactions, *, cap: int) -> None:
        self._books = Books(database)
        self._transfers = database["transfers"]
        self._transactions = transactions
        self._cap = cap

    def settle(self, ids: Collection[Any], date: datetime) -> Settlement:
        """Credit the targets of those of ``ids`` that are still pending, in one transaction.

        Raises:
            Unavailable: the store cannot commit now; nothing was written.
            AlreadyExists, MalformedDocument: one of the batch is poison; nothing was written.
        """
        return self._transactions.run(lambda session: self._settle(ids, date, session))

    def give_up(self, reasons: Mapping[Any, str], date: datetime) -> Refunds:
        """Refund the transfers that are still pending among ``reasons`` (id -> why), in one transaction.

        What is given back is what the ledger took, whatever the row of the queue says.

        Raises:
            As ``settle``.
        """
        return self._transactions.run(lambda session: self._give_up(reasons, date, session))

    def _settle(self, ids: Collection[Any], date: datetime, session: ClientSession) -> Settlement:
        transfers, declined = self._read(ids, session)
        backed = self._backed(transfers, declined, session)
        outcomes = self._post([settlement.credit(one) for one in backed], date, session)
        credited = [one for one in backed if _posted(one.id, outcomes[one.id], declined)]
        self._mark_credited([one.id for one in credited], date, session)
        return Settlement(credited, declined)

    def _read(self, ids: Collection[Any], session: ClientSession) -> tuple[list[Transfer], dict[Any, str]]:
        transfers: list[Transfer] = []
        declined: dict[Any, str] = {}
        for document in self._pending(ids, session):
            try:
                transfers.append(documents.transfer(document))
            except MalformedDocument:
                declined[document["_id"]] = settlement.MALFORMED
        return transfers, declined

    def _pending(self, ids: Collection[Any], session: ClientSession) -> list[Document]:
        query = {"_id": {"$in": list(ids)}, "status": TransferStatus.PENDING.value}
        return list(self._transfers.find(query, session=session, batch_size=len(ids) + 1))

    def _backed(
        self, transfers: Sequence[Transfer], declined: dict[Any, str], session: ClientSession
    ) -> list[Transfer]:
        debits = self._debits([one.id for one in transfers], session)
        backed = [one for one in transfers if settlement.vouches(debits.get(one.id), one)]
        doubtful = {one.id for one in transfers} - {one.id for one in backed}
        declined.update(dict.fromkeys(doubtful, settlement.NO_DEBIT))
        return backed

    def _debits(self, ids: Collection[Any], session: ClientSession) -> dict[Any, Entry]:
        entries = self._books.entries([settlement.debit_id(one) for one in ids], session)
        return {key.operation: entry for key, entry in entries.items()}

    def _post(
        self, postings: Sequence[Posting], date: datetime, session: ClientSession
    ) -> dict[UUID, Outcome]:
        wallets = self._books.wallets({posting.wallet for posting in postings}, session)
        sheet = ledger.post(postings, wallets, {}, cap=self._cap, date=date)
        self._books.write(wallets, sheet, session)
        operations = (posting.operation for posting in postings)
        return dict(zip(operations, sheet.outcomes, strict=True))

    def _mark_credited(self, ids: Sequence[UUID], date: datetime, session: ClientSession) -> None:
        if ids:
            mark = {"$set": {"status": TransferStatus.SUCCESS.value, "settled_at": date}}
            self._transfers.update_many({"_id": {"$in": ids}}, mark, session=session)

    def _give_up(self, reasons: Mapping[Any, str], date: datetime, session: ClientSession) -> Refunds:
        rows = {row["_id"]: row for row in self._pending(reasons, session)}
        debits = self._debits(rows, session)
        stuck = {one: reasons[one] for one in rows.keys() - debits.keys()}
        outcomes = self._post([settlement.refund(debit) for debit in debits.values()], date, session)
        refunded = [
            Refund(debit, reasons[one], str(rows[one].get("request_id", "")))
            for one, debit in debits.items()
            if _posted(one, outcomes[one], stuck)
        ]
        self._mark_failed(refunded, date, session)
        return Refunds(refunded, stuck)

    def _mark_failed(self, refunds: Sequence[Refund], date: datetime, session: ClientSession) -> None:
        marks = [UpdateOne({"_id": one.debit.operation}, _failed(one.reason, date)) for one in refunds]
        if marks:
            self._transfers.bulk_write(marks, session=session)


def _posted(transfer_id: Any, outcome: Outcome, declined: dict[Any, str]) -> bool:
    if isinstance(outcome, Declined):
        declined[transfer_id] = outcome.reason.code
        return False
    return True


def _failed(reason: str, date: datetime) -> Document:
    return {"$set": {"status": TransferStatus.FAILED.value, "failure": reason, "settled_at": date}}
