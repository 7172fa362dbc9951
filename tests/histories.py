"""Long histories of one wallet, written at once instead of a commit at a time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from bson.int64 import Int64
from factories import Books, make_entry
from pymongo.write_concern import WriteConcern

from wallet.models import Entry, EntryId, Kind, Side
from wallet.rules.identity import new_id
from wallet.store import documents

_AT_ONCE = 5_000


@dataclass(frozen=True)
class Move:
    """A top-up of ``amount`` rupiah, or with a negative amount a payment."""

    amount: int
    date: datetime
    remarks: str = ""


def top_ups(count: int, start: datetime) -> Iterable[Move]:
    """Yield ``count`` top-ups of one rupiah, a second apart."""
    return (Move(1, start + timedelta(seconds=second)) for second in range(count))


def lengthen(database: Books, wallet: UUID, moves: Iterable[Move]) -> list[Entry]:
    """Let a wallet make ``moves`` after all that it made before; return their entries."""
    row = database["wallets"].find_one({"_id": wallet})
    seq, balance = int(row["seq"]), int(row["balance"])
    entries = []
    for move in moves:
        kind = Kind.TOP_UP if move.amount > 0 else Kind.PAYMENT
        seq, before, balance = seq + 1, balance, balance + move.amount
        entries.append(
            make_entry(
                id=EntryId(new_id(), Side(kind.side)),
                wallet=wallet,
                seq=seq,
                kind=kind,
                amount=abs(move.amount),
                before=before,
                after=balance,
                remarks=move.remarks,
                date=move.date,
            )
        )
    ledger = database["entries"].with_options(write_concern=WriteConcern(w=1))
    for start in range(0, len(entries), _AT_ONCE):
        ledger.insert_many(map(documents.entry_document, entries[start : start + _AT_ONCE]), ordered=False)
    database["wallets"].update_one({"_id": wallet}, {"$set": {"seq": Int64(seq), "balance": Int64(balance)}})
    return entries
