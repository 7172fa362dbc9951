"""A stretch of a wallet's chain: its ends, its totals, and its entries oldest first."""

from collections.abc import Iterator
from uuid import UUID

import pymongo
from pymongo.database import Database

from wallet.errors import MalformedDocument
from wallet.models import Entry, Kind, Mark
from wallet.statements import Sum
from wallet.store import documents
from wallet.store.client import OPERATION_S, Document
from wallet.store.faults import renamed


class StatementStore:
    """Walks of the index (wallet, seq)."""

    def __init__(self, database: Database[Document]) -> None:
        self._entries = database["entries"]
        self._wallets = database["wallets"]

    def tip(self, wallet: UUID) -> Mark | None:
        """Return how far the wallet has come; ``None`` when there is no such wallet."""
        with renamed(), pymongo.timeout(OPERATION_S):
            found = self._wallets.find_one({"_id": wallet}, projection={"seq": True, "balance": True})
        return Mark(int(found["seq"]), int(found["balance"])) if found else None

    def balance_after(self, wallet: UUID, seq: int) -> int:
        """Return the balance after the entry ``seq``, in rupiah; before the first one it is 0."""
        if seq == 0:
            return 0
        with renamed(), pymongo.timeout(OPERATION_S):
            found = self._entries.find_one(
                {"wallet": wallet, "seq": seq}, projection={"_id": False, "after": True}
            )
        if found is None:
            raise MalformedDocument(f"wallet {wallet} has no entry with seq {seq}")
        return int(found["after"])

    def totals(self, wallet: UUID, first: int, last: int) -> dict[Kind, Sum]:
        """Return what the entries from ``first`` to ``last`` moved, by kind.

        The server adds up: to send them all here and add up here takes ten times as long. It counts up to
        2^63 rupiah; what is more comes back inexact, and then does not add up.
        """
        steps: list[Document] = [
            {"$match": {"wallet": wallet, "seq": {"$gte": first, "$lte": last}}},
            {"$group": {"_id": "$kind", "count": {"$sum": 1}, "amount": {"$sum": "$amount"}}},
        ]
        with renamed(), pymongo.timeout(OPERATION_S):
            found = list(self._entries.aggregate(steps, hint="wallet_seq"))
        return {Kind(row["_id"]): Sum(int(row["count"]), int(row["amount"])) for row in found}

    def walk(self, wallet: UUID, first: int, last: int, page_size: int) -> Iterator[list[Entry]]:
        """Yield the entries from ``first`` to ``last`` in pages, oldest first, in constant memory."""
        for start in range(first, last + 1, page_size):
            yield self._between(wallet, start, min(start + page_size - 1, last))

    def _between(self, wallet: UUID, first: int, last: int) -> list[Entry]:
        with renamed(), pymongo.timeout(OPERATION_S):
            found = self._entries.find(
                {"wallet": wallet, "seq": {"$gte": first, "$lte": last}},
                sort=[("seq", 1)],
                batch_size=last - first + 2,
                hint="wallet_seq",
            )
            return [documents.entry(document) for document in found]
