"""What the check for drift remembers.

``proofs`` says up to where each wallet's chain is proven, ``awaited`` which transfers are proven but for
their credit, and ``drifts`` what is wrong now. All of it can be made again from the ledger: when ``proofs``
is empty, everything is proven from the start.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

import pymongo
from bson import Int64
from pymongo import DeleteOne, ReplaceOne, UpdateOne

from wallet.models import Mark
from wallet.store.client import OPERATION_S, Document
from wallet.store.faults import renamed
from wallet.store.findings import Drift, Findings, Total
from wallet.store.look import Look
from wallet.store.opening import Store
from wallet.store.snapshot import snapshot

_PASS = {"_id": "pass"}


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


def _replace(wallet: UUID, proof: Mark) -> ReplaceOne[Document]:
    # The fields in the order of a wallet's, so that equal marks are equal bytes.
    mark = {"balance": Int64(proof.balance), "seq": Int64(proof.seq)}
    return ReplaceOne({"_id": wallet}, {"_id": wallet, **mark}, upsert=True)


def _update(drift: Drift, date: datetime) -> UpdateOne:
    now = {"of": drift.of.value, "rupiah": Int64(drift.rupiah), "fault": drift.fault}
    return UpdateOne({"_id": drift.id}, {"$set": now, "$setOnInsert": {"since": date}}, upsert=True)
