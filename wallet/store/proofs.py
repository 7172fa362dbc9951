"""What the check for drift reads, a bounded slice of one moment at a time, and what it remembers.

``proofs`` says up to where each wallet's chain is proven, ``awaited`` which transfers are proven but for
their credit, and ``drifts`` what is wrong now. All of it can be made again from the ledger: when ``proofs``
is empty, everything is proven from the start.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import chain
from typing import NamedTuple
from uuid import UUID

import pymongo
from bson import Int64
from pymongo import DeleteOne, ReplaceOne, UpdateOne

from wallet.models import EntryId, Mark
from wallet.store import documents
from wallet.store.client import OPERATION_S, Document
from wallet.store.faults import renamed
from wallet.store.lenient import decode
from wallet.store.load import is_loading
from wallet.store.opening import Store
from wallet.store.snapshot import UNSORTED, Order, Snapshot, snapshot

SLICE = 500
"""Wallets, or transfers, to a look."""

BUDGET = 250
"""New entries to a look, about; the others are for the next pass, so that load never makes a pass long."""

PIECE = 1_000
"""New entries of one wallet to a look."""

_MARK = ("_id", "balance", "seq")
# With the bounds inclusive and of one type, only uuids are in between: somebody else's ids end no walk.
_FIRST, _LAST = UUID(int=0), UUID(int=2**128 - 1)
_PASS = {"_id": "pass"}
# Of a long history that is read from its end, most is not wanted.
_FEW = 50


class Subject(StrEnum):
    """What can be wrong: a wallet or a transfer."""

    WALLET = "wallet"
    TRANSFER = "transfer"


@dataclass(frozen=True, slots=True)
class Drift:
    """What is wrong with a wallet or a transfer; ``rupiah`` appeared from nowhere, or went there."""

    of: Subject
    id: UUID
    rupiah: int
    fault: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A wallet at one moment: what it says, up to where it was proven, and where its entries end."""

    id: UUID
    wallet: Mark | None
    proof: Mark | None
    tip: Mark | None


class Span(NamedTuple):
    """A stretch of ids, both ends included."""

    first: UUID
    last: UUID

    @property
    def ids(self) -> Document:
        return {"$gte": self.first, "$lte": self.last}

    def behind(self, span: "Span") -> "Span | None":
        """Return what is left of this one behind ``span``."""
        return Span(UUID(int=span.last.int + 1), self.last) if span.last < self.last else None


class Reach(NamedTuple):
    """The seq of the first and of the last entry to read of a wallet, both included."""

    first: int
    last: int

    @property
    def seqs(self) -> Document:
        return {"$gte": Int64(self.first), "$lte": Int64(self.last)}


EVERYTHING = Span(_FIRST, _LAST)


@dataclass(slots=True)
class Findings:
    """What one look came to."""

    proofs: dict[UUID, Mark] = field(default_factory=dict)
    awaited: set[UUID] = field(default_factory=set)
    """Transfers whose credit is still to come."""
    closed: set[UUID] = field(default_factory=set)
    """Transfers that are proven whole."""
    drifts: list[Drift] = field(default_factory=list)
    mended: set[UUID] = field(default_factory=set)
    """Wallets and transfers that are right again."""
    entries: int = 0
    unproven: int = 0
    """Entries that are left for later."""


@dataclass(frozen=True, slots=True)
class Total:
    """All that is wrong now: how much money it is, and how many wallets and transfers."""

    rupiah: int
    subjects: int


class Look:
    """Reads of one moment."""

    def __init__(self, moment: Snapshot) -> None:
        self._moment = moment

    def size(self, collection: str) -> int:
        """Return about how many documents there are."""
        return self._moment.size(collection)

    def is_loading(self) -> bool:
        """Whether a dump is being loaded, which goes in piece by piece."""
        return is_loading(self._moment)

    def standings(self, rest: Span) -> tuple[Span, list[Standing]]:
        """Return how far the next slice of ``rest`` reaches, and the wallets in it that have moved.

        Those where wallet, proof and last entry say the same are not even decoded.
        """
        wallets = list(self._moment.raw("wallets", fields=_MARK, where={"_id": rest.ids}, limit=SLICE))
        last = decode(wallets[-1])["_id"] if len(wallets) == SLICE else rest.last
        span = Span(rest.first, last)
        proofs = list(self._moment.raw("proofs", fields=_MARK, where={"_id": span.ids}))
        tips = list(self._moment.groups("entries", _tips(span)))
        at_rest = {*wallets}.intersection(proofs, tips)
        moved = [_marks(rows, at_rest) for rows in (wallets, proofs, tips)]
        standings = [
            Standing(one, *(marks.get(one) for marks in moved)) for one in sorted(set(chain(*moved)))
        ]
        return span, standings

    def ends(self, rest: Span) -> tuple[Span, list[Document], dict[UUID, Document]]:
        """Return how far the next slice of ``rest`` reaches, its wallets, and the last entry of each.

        Of the entries there are ``balance``, ``seq`` and ``date``.
        """
        where = {"_id": rest.ids}
        wallets = [decode(row) for row in self._moment.raw("wallets", where=where, limit=SLICE)]
        span = Span(rest.first, wallets[-1]["_id"] if len(wallets) == SLICE else rest.last)
        pipeline = _tips(span)
        pipeline[-1]["$group"]["date"] = {"$first": "$date"}
        tips = map(decode, self._moment.groups("entries", pipeline))
        return span, wallets, {tip["_id"]: tip for tip in tips}

    def backwards(self, wallet: UUID) -> Iterator[Document]:
        """Yield the entries of a wallet, the newest first."""
        backwards: Order = [("wallet", -1), ("seq", -1)]
        return map(decode, self._moment.raw("entries", backwards, where={"wallet": wallet}, batch=_FEW))

    def entries(self, reaches: Mapping[UUID, Reach]) -> dict[UUID, list[Document]]:
        """Return the entries of wallets, each within its reach, by rising seq."""
        if not reaches:
            return {}
        alike: dict[Reach, list[UUID]] = {}
        for wallet, reach in reaches.items():
            alike.setdefault(reach, []).append(wallet)
        # Not sorted there: to merge hundreds of ranges costs the server more than to read them.
        where = [{"wallet": {"$in": wallets}, "seq": reach.seqs} for reach, wallets in alike.items()]
        found: dict[UUID, list[Document]] = {one: [] for one in reaches}
        for row in self._moment.documents("entries", UNSORTED, {"$or": where}):
            found[row["wallet"]].append(row)
        return {one: sorted(rows, key=_seq) for one, rows in found.items()}

    def transfers(self, ids: Collection[UUID]) -> Iterator[Document]:
        return self._moment.documents("transfers", where={"_id": {"$in": list(ids)}})

    def sides(self, ids: Collection[EntryId]) -> Iterator[Document]:
        keys = [documents.entry_key(one) for one in ids]
        return self._moment.documents("entries", where={"_id": {"$in": keys}})

    def awaited(self, rest: Span) -> list[UUID]:
        """Return the next transfers in ``rest`` that were proven but for their credit."""
        return self._ids("awaited", {"_id": rest.ids}, SLICE)

    def awaited_among(self, ids: Collection[UUID]) -> Collection[UUID]:
        return self._ids("awaited", {"_id": {"$in": list(ids)}}, 0)

    def drifting(self, of: Subject, span: Span, limit: int = 0) -> list[UUID]:
        """Return what was wrong in ``span`` when it was last looked at."""
        return self._ids("drifts", {"_id": span.ids, "of": of.value}, limit)

    def _ids(self, collection: str, where: Document, limit: int) -> list[UUID]:
        found = self._moment.raw(collection, fields=("_id",), where=where, limit=limit)
        return [decode(one)["_id"] for one in found]


class Proofs:
    """The memory of the check. Two that write it at once only do some work twice."""

    def __init__(self, database: Store) -> None:
        self._database = database

    @contextmanager
    def look(self) -> Iterator[Look]:
        """Open a moment that several reads see.

        Raises:
            Unavailable, StoreFault: of each read.
        """
        with renamed(), pymongo.timeout(OPERATION_S), snapshot(self._database) as moment:
            yield Look(moment)

    def save(self, findings: Findings, date: datetime) -> list[Drift]:
        """Remember what a look came to and return the drifts that were not known yet."""
        with renamed(), pymongo.timeout(OPERATION_S):
            # What must not be forgotten goes first: this may end half way.
            self._write("awaited", [ReplaceOne({"_id": one}, {}, upsert=True) for one in findings.awaited])
            new = self._write("drifts", [_update(one, date) for one in findings.drifts])
            self._write("proofs", [_replace(one, proof) for one, proof in findings.proofs.items()])
            self._write("drifts", [DeleteOne({"_id": one}) for one in findings.mended])
            self._write("awaited", [DeleteOne({"_id": one}) for one in findings.closed])
        return [one for one in findings.drifts if one.id in new]

    def total(self) -> Total:
        """Return what is wrong now, whoever found it."""
        group = {"_id": None, "rupiah": {"$sum": "$rupiah"}, "subjects": {"$sum": 1}}
        with renamed(), pymongo.timeout(OPERATION_S):
            found = next(self._database["drifts"].aggregate([{"$group": group}]), None)
        return Total(int(found["rupiah"]), found["subjects"]) if found else Total(0, 0)

    def note_pass(self) -> None:
        """Remember that a pass was completed now, by the server's clock."""
        with renamed(), pymongo.timeout(OPERATION_S):
            self._database["proofs"].update_one(_PASS, [{"$set": {"at": "$$NOW"}}], upsert=True)

    def pass_age_s(self) -> float | None:
        """Return the seconds since a pass was completed, or ``None`` when none ever was."""
        age = {"age_ms": {"$subtract": ["$$NOW", "$at"]}}
        with renamed(), pymongo.timeout(OPERATION_S):
            found = self._database["proofs"].find_one(_PASS, age)
        return found["age_ms"] / 1_000 if found else None

    def _write(
        self, collection: str, writes: Sequence[ReplaceOne[Document] | UpdateOne | DeleteOne]
    ) -> Collection[UUID]:
        """Return the ids that were not there before."""
        if not writes:
            return ()
        return (self._database[collection].bulk_write(writes, ordered=False).upserted_ids or {}).values()


def _tips(span: Span) -> list[Document]:
    # Backwards, because only $first lets the server jump from wallet to wallet in the index.
    return [
        {"$match": {"wallet": span.ids}},
        {"$sort": {"wallet": -1, "seq": -1}},
        {"$group": {"_id": "$wallet", "balance": {"$first": "$after"}, "seq": {"$first": "$seq"}}},
    ]


def _seq(row: Document) -> float:
    # What is a number to the server may be none here.
    return row["seq"] if isinstance(row["seq"], int | float) else 0


def _marks(rows: Sequence[bytes], at_rest: Collection[bytes]) -> dict[UUID, Mark | None]:
    moved = map(decode, (row for row in rows if row not in at_rest))
    return {row["_id"]: _mark(row) for row in moved}


def _mark(row: Document) -> Mark | None:
    # Somebody else may have written anything: what is no number says nothing.
    seq, balance = row.get("seq"), row.get("balance")
    if isinstance(seq, Int64) and isinstance(balance, Int64):
        return Mark(int(seq), int(balance))
    return None


def _replace(wallet: UUID, proof: Mark) -> ReplaceOne[Document]:
    # The fields in the order of a wallet's, so that equal marks are equal bytes.
    mark = {"balance": Int64(proof.balance), "seq": Int64(proof.seq)}
    return ReplaceOne({"_id": wallet}, {"_id": wallet, **mark}, upsert=True)


def _update(drift: Drift, date: datetime) -> UpdateOne:
    now = {"of": drift.of.value, "rupiah": Int64(drift.rupiah), "fault": drift.fault}
    return UpdateOne({"_id": drift.id}, {"$set": now, "$setOnInsert": {"since": date}}, upsert=True)
