"""Money moved with bare PyMongo, one wallet at a time: what a program without batches does."""

from datetime import datetime
from uuid import UUID

from bson.int64 import Int64
from pymongo.client_session import ClientSession
from pymongo.read_concern import ReadConcern

from wallet.models import Kind
from wallet.store.client import Document
from wallet.store.opening import Store

SNAPSHOT = ReadConcern("snapshot")


def move(database: Store, session: ClientSession, wallet: UUID, amount: int) -> Document:
    """Add ``amount``, which may be negative, and return the wallet as it is now."""
    change = {"$inc": {"balance": Int64(amount), "seq": Int64(1)}}
    after: Document | None = database["wallets"].find_one_and_update(
        {"_id": wallet}, change, session=session, return_document=True
    )
    if after is None:
        raise LookupError(wallet)
    return after


def entry(  # noqa: PLR0913 - the fields of an entry
    operation: UUID, kind: Kind, wallet: Document, amount: int, *, counterparty: UUID | None, date: datetime
) -> Document:
    """Return the line of the ledger for what ``move`` did to ``wallet``."""
    return {
        "_id": {"operation": operation, "side": kind.side.value},
        "wallet": wallet["_id"],
        "seq": wallet["seq"],
        "kind": kind.value,
        "amount": Int64(abs(amount)),
        "before": Int64(wallet["balance"] - amount),
        "after": wallet["balance"],
        "remarks": "bench",
        "counterparty": counterparty,
        "date": date,
    }
