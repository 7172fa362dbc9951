"""What the check for drift reads: a bounded slice at a time, all of one moment."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain
from uuid import UUID

from bson import Int64

from wallet.models import EntryId, Mark
from wallet.store import documents
from wallet.store.client import Document
from wallet.store.findings import Reach, Span, Standing, Subject
from wallet.store.lenient import decode
from wallet.store.load import is_loading
from wallet.store.snapshot import UNSORTED, Order, Snapshot

SLICE = 500
"""Wallets, or transfers, to a look."""

BUDGET = 250
"""New entries to a look, about; the others are for the next pass, so that load never makes a pass long."""

PIECE = 1_000
"""New entries of one wallet to a look."""

_MARK = ("_id", "balance", "seq")
# Of a long history that is read from its end, most is not wanted.
_FEW = 50


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
