"""Reading and writing the wallets and the entries of one batch, inside its transaction.

Errors keep the driver's names here: inside a transaction it is the driver who must understand them.
"""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from bson.int64 import Int64
from pymongo import UpdateOne
from pymongo.client_session import ClientSession
from pymongo.database import Database

from wallet.ledger import Sheet, changed
from wallet.models import Entry, EntryId, Wallet
from wallet.settlement import Debit
from wallet.store import documents
from wallet.store.client import AS_IT_CAME, Document


class BalanceMoved(RuntimeError):
    """A wallet changed under a transaction that holds its snapshot: the server broke its promise."""


class Books:
    """The collections ``wallets`` and ``entries``. Nothing else writes to them."""

    def __init__(self, database: Database[Document]) -> None:
        self._wallets = database["wallets"]
        self._entries = database["entries"]
        self._as_it_came = self._entries.with_options(codec_options=AS_IT_CAME)

    def wallets(self, ids: Collection[UUID], session: ClientSession) -> dict[UUID, Wallet]:
        found = self._wallets.find(_among(ids), session=session, batch_size=len(ids) + 1)
        return {document["_id"]: documents.wallet(document) for document in found}

    def debits(self, operations: Collection[UUID]) -> dict[bytes, Debit]:
        """Return what was taken for ``operations``, by the bytes of their ids.

        Nothing is read more often: ids stay as they came, and what nobody asks for is left out.
        """
        keys = [documents.debit_key(one) for one in operations]
        found = self._as_it_came.find(_among(keys), documents.DEBIT_FIELDS, batch_size=len(keys) + 1)
        return {bytes(row["_id"]["operation"]): documents.debit(row) for row in found}

    def entries(self, ids: Collection[EntryId], session: ClientSession) -> dict[EntryId, Entry]:
        keys = [documents.entry_key(key) for key in ids]
        found = self._entries.find(_among(keys), session=session, batch_size=len(ids) + 1)
        return {entry.id: entry for entry in map(documents.entry, found)}

    def write_wallets(self, before: Mapping[UUID, Wallet], sheet: Sheet, session: ClientSession) -> None:
        """Write the wallets that ``sheet`` changed; ``before`` is what it started from.

        Do it right after they are read: they are what others want too, and a conflict is likelier the
        older the snapshot is, and cheapest when nothing else is written yet.
        """
        updates = [_update(old, new) for old, new in changed(before, sheet.wallets)]
        if not updates:
            return
        written = self._wallets.bulk_write(updates, ordered=False, session=session)
        if written.matched_count != len(updates):
            raise BalanceMoved

    def add_entries(self, sheet: Sheet, session: ClientSession) -> None:
        """Add the new entries of ``sheet`` to the ledger."""
        if sheet.entries:
            self._entries.insert_many(map(documents.entry_document, sheet.entries), session=session)


def _among(ids: Collection[Any]) -> Document:
    return {"_id": {"$in": list(ids)}}


def _update(old: Wallet, new: Wallet) -> UpdateOne:
    change: Document = {"balance": Int64(new.balance), "seq": Int64(new.seq)}
    if new.used is not old.used and new.used:
        change["used"] = documents.used_document(new.used)
    # The seq in the filter is a belt on top of the snapshot's braces.
    return UpdateOne({"_id": old.id, "seq": Int64(old.seq)}, {"$set": change})
