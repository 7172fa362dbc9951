"""Reads everything there is about one transfer, at one moment."""

from collections.abc import Collection
from uuid import UUID

from pymongo.client_session import ClientSession
from pymongo.database import Database

from wallet.cases import Case, Row
from wallet.models import Entry, EntryId, Side, Wallet
from wallet.store import documents, lenient, rows
from wallet.store.client import Document
from wallet.store.transactions import Transactions


class CaseStore:
    """Four reads by primary keys in one transaction, so that they belong together."""

    def __init__(self, database: Database[Document], transactions: Transactions) -> None:
        self._transfers = database["transfers"].with_options(codec_options=lenient.RAW)
        self._entries = database["entries"]
        self._wallets = database["wallets"]
        self._transactions = transactions

    def case(self, transfer_id: UUID) -> Case | None:
        """Return the case of a transfer, or ``None`` when there is no such row.

        Raises:
            Unavailable: the store cannot answer now.
        """
        return self._transactions.run(lambda session: self._case(transfer_id, session))

    def _case(self, transfer_id: UUID, session: ClientSession) -> Case | None:
        found = self._transfers.find_one({"_id": transfer_id}, session=session)
        if found is None:
            return None
        row = rows.row(lenient.decode(bytes(found.raw)))
        entries = self._both_sides(transfer_id, session)
        debit, credit = entries.get(Side.DEBIT), entries.get(Side.CREDIT)
        return Case(row, debit, credit, self._wallets_of(_touched(row, debit), session))

    def _both_sides(self, transfer_id: UUID, session: ClientSession) -> dict[Side, Entry]:
        keys = [documents.entry_key(EntryId(transfer_id, side)) for side in Side]
        found = self._entries.find({"_id": {"$in": keys}}, session=session)
        return {entry.id.side: entry for entry in map(documents.entry, found)}

    def _wallets_of(self, owners: Collection[UUID], session: ClientSession) -> dict[UUID, Wallet]:
        found = self._wallets.find({"_id": {"$in": list(owners)}}, session=session)
        return {wallet.id: wallet for wallet in map(documents.wallet, found)}


def _touched(row: Row, debit: Entry | None) -> set[UUID]:
    owners = {row.sender, row.target, debit.wallet if debit else None}
    return {one for one in owners if isinstance(one, UUID)}
