"""Reads the replica set into plain values: everything at one moment, or the totals of one moment.

Each is one snapshot, so nothing that is moved meanwhile is seen twice or not at all, and nothing is seen that
a majority does not have.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from pymongo.client_session import ClientSession
from pymongo.database import Database

from tests.books import Mistake, chains, conservation, once
from tests.chaos.evidence import Sample
from wallet.errors import MalformedDocument
from wallet.models import Entry, Kind, Side, Transfer, Wallet
from wallet.store import documents
from wallet.store.client import Document

QUEUE, QUEUE_AWAY = "transfers", "transfers_away"

_DEBIT_OF_ROW = {"operation": "$_id", "side": Side.DEBIT.value}
_VOUCHED_PENDING: list[Document] = [
    {"$match": {"status": "PENDING"}},
    {"$set": {"debit": _DEBIT_OF_ROW}},
    {"$lookup": {"from": "entries", "localField": "debit", "foreignField": "_id", "as": "debits"}},
    {"$match": {"debits": {"$ne": []}}},  # the nemesis forges rows; they promise nobody anything
    {
        "$group": {
            "_id": None,
            # What the ledger took: the nemesis spoils rows, too.
            "rupiah": {"$sum": {"$first": "$debits.amount"}},
            "pending": {"$sum": 1},
            "waiting": {"$push": {"$cond": ["$parked", None, "$_id"]}},
        }
    },
]
_BALANCES: list[Document] = [
    {
        "$group": {
            "_id": None,
            "held": {"$sum": "$balance"},
            "lowest": {"$min": "$balance"},
            "highest": {"$max": "$balance"},
        }
    }
]
_MOVED: list[Document] = [{"$group": {"_id": "$kind", "rupiah": {"$sum": "$amount"}}}]


@dataclass(frozen=True)
class Books:
    """Everything that is written down, as it was at one moment."""

    wallets: dict[UUID, Wallet]
    entries: list[Entry]
    transfers: list[Transfer]
    """Without what the nemesis forged: malformed rows, and rows without any entry, which move no money."""

    @cached_property
    def by_operation(self) -> dict[UUID, list[Entry]]:
        found: dict[UUID, list[Entry]] = {}
        for entry in self.entries:
            found.setdefault(entry.operation, []).append(entry)
        return found

    def entry(self, operation: UUID, kind: Kind) -> Entry | None:
        """Return the first entry of that kind that the operation made."""
        made = self.by_operation.get(operation, [])
        return next((entry for entry in made if entry.kind is kind), None)

    def conservation(self) -> Iterable[Mistake]:
        return conservation(self.wallets.values(), self.entries, self.transfers)

    def chains(self, cap: int) -> Iterable[Mistake]:
        return chains(self.wallets, self.entries, cap=cap)

    def once(self) -> Iterable[Mistake]:
        return once(self.entries, self.transfers)


def read_books(database: Database[Document]) -> Books:
    """Read everything in one snapshot. Read the histories first: what they know must be in it."""
    with database.client.start_session(snapshot=True) as session:
        wallets = map(documents.wallet, database["wallets"].find(session=session))
        entries = list(map(documents.entry, database["entries"].find(session=session)))
        rows = list(_readable(database["transfers"].find(session=session)))
        return Books({one.id: one for one in wallets}, entries, _backed(rows, entries))


def _readable(rows: Iterable[Document]) -> Iterable[Transfer]:
    for row in rows:
        try:
            yield documents.transfer(row)
        except MalformedDocument:
            continue


def _backed(rows: Sequence[Transfer], entries: Sequence[Entry]) -> list[Transfer]:
    known = {entry.operation for entry in entries}
    return [row for row in rows if row.id in known]


class Sampler:
    """Takes samples, and remembers how long each transfer has been pending.

    By its own clock and not by the dates of transfers, which come from pods whose clocks the nemesis sets.
    """

    def __init__(self, database: Database[Document]) -> None:
        self._database = database
        self._seen_ns: dict[UUID, int] = {}

    def take(self) -> Sample:
        """Add everything up in one snapshot, on the server."""
        database = self._database
        with database.client.start_session(snapshot=True) as session:
            moved = {
                Kind(row["_id"]): int(row["rupiah"])
                for row in database["entries"].aggregate(_MOVED, session=session)
            }
            balances = _one(database, "wallets", _BALANCES, session)
            pending = _pending(database, session)
        now_ns = time.monotonic_ns()
        return Sample(
            at_ns=now_ns,
            held=int(balances.get("held", 0)),
            in_flight=int(pending.get("rupiah", 0)),
            topped_up=moved.get(Kind.TOP_UP, 0),
            paid=moved.get(Kind.PAYMENT, 0),
            lowest=int(balances.get("lowest", 0)),
            highest=int(balances.get("highest", 0)),
            pending=int(pending.get("pending", 0)),
            oldest_s=self._oldest_s([one for one in pending.get("waiting", []) if one], now_ns),
        )

    def _oldest_s(self, waiting: Sequence[UUID], now_ns: int) -> float | None:
        self._seen_ns = {one: self._seen_ns.get(one, now_ns) for one in waiting}
        return (now_ns - min(self._seen_ns.values())) / 1e9 if waiting else None


def _pending(database: Database[Document], session: ClientSession) -> Document:
    """Look where the queue is: the nemesis takes it away for a moment, when a look would find nothing."""
    for name in (QUEUE, QUEUE_AWAY, QUEUE):
        if found := _one(database, name, _VOUCHED_PENDING, session):
            return found
    return {}


def _one(
    database: Database[Document], collection: str, pipeline: list[Document], session: ClientSession
) -> Document:
    return next(iter(database[collection].aggregate(pipeline, session=session)), {})
