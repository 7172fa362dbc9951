"""Which transfers are settled, by a direct look at the database."""

from collections.abc import Collection
from uuid import UUID

from bench.books import Books
from wallet.models import TransferStatus

POLL_S = 0.001
"""So much a latency may be too long."""

PATIENCE_S = 10.0


def settled_among(books: Books, transfers: Collection[UUID]) -> list[UUID]:
    query = {"_id": {"$in": list(transfers)}, "status": TransferStatus.SUCCESS.value}
    found = books.database["transfers"].find(query, projection={"_id": True}, batch_size=len(transfers) + 1)
    return [row["_id"] for row in found]
