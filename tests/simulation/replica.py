"""A model of one MongoDB server: versions of documents, snapshots, conflicts, a log. Nothing here waits.

What it claims about the real one is held against the real one in tests/integration/test_model_server.py.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo.errors import OperationFailure

from tests.simulation.query import Document, key_of, matches

LIFETIME_S = 5.0
"""``transactionLifetimeLimitSeconds``: an orphan holds its documents no longer."""

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
"""When simulations begin."""

TRANSIENT = "TransientTransactionError"

Key = tuple[str, Any]
Stamp = tuple[Any, int]
"""A session and the number of its transaction or retryable write."""

UNIQUE = {"entries": ("wallet", "seq"), "users": ("phone_number",)}
"""Besides the primary keys."""


class WriteConflict(OperationFailure):
    def __init__(self, key: Key) -> None:
        super().__init__(f"WriteConflict on {key}", 112, {"code": 112, "errorLabels": [TRANSIENT]})


class NoSuchTransaction(OperationFailure):
    def __init__(self) -> None:
        super().__init__("NoSuchTransaction", 251, {"code": 251, "errorLabels": [TRANSIENT]})


class DuplicateKey(Exception):
    """Told in the reply to a write, beside what was written."""


class Invalid(Exception):
    """A validator refuses the document; told like a duplicate."""


class Held(Exception):
    """A transaction holds the document: a write outside of transactions waits for it on the server."""


@dataclass(frozen=True, slots=True)
class Commit:
    """A place in the log: what it wrote, and who may ask for it again."""

    writes: Mapping[Key, Document | None]
    stamp: Stamp | None
    result: Any
    date: float


@dataclass(slots=True, eq=False)
class Transaction:
    stamp: Stamp
    at: int
    began: float
    writes: dict[Key, Document | None] = field(default_factory=dict)
    held: list[Key] = field(default_factory=list)


class Replica:
    """The documents as a member of the set has them, with all their versions."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.log: list[Commit] = []
        self.majority = 0
        """So many commits are on a majority of members; they are never undone."""
        self.writable = True
        self.invalid: dict[tuple[Any, str], int] = {}
        """The operations and kinds of entries of which the validator refuses the next so many."""
        self.clock_s = 0.0
        self.waiters: list[Any] = []
        """Who waits here for a majority."""
        self._versions: dict[str, dict[Any, list[tuple[int, Document | None]]]] = {}
        self._holders: dict[Key, Transaction] = {}
        self._open: dict[Any, Transaction] = {}
        self._done: dict[Stamp, tuple[int, Any]] = {}

    def time(self, now: float) -> datetime:
        """Return the date by this server's clock."""
        return EPOCH + timedelta(milliseconds=int((now + self.clock_s) * 1_000))

    def fork(self, name: str, keep: int) -> "Replica":
        """Return another member with the first ``keep`` commits."""
        other = Replica(name)
        other.majority, other.invalid = self.majority, self.invalid
        for commit in self.log[:keep]:
            other._append(commit)
        return other

    def truncate(self, keep: int) -> None:
        """Roll back what no majority has beyond ``keep``, and every transaction with it."""
        for transaction in list(self._open.values()):
            self.abort(transaction)
        for commit in self.log[keep:]:
            for collection, key in commit.writes:
                versions = self._versions[collection][key]
                while versions and versions[-1][0] > keep:
                    versions.pop()
                if not versions:
                    del self._versions[collection][key]
        del self.log[keep:]
        self._done = {stamp: done for stamp, done in self._done.items() if done[0] <= keep}

    # Transactions

    def transaction(self, stamp: Stamp, now: float, *, first: bool) -> Transaction:
        """Return the transaction that a statement belongs to; the first statement begins it."""
        session, number = stamp
        known = self._open.get(session)
        if known is not None and known.stamp[1] != number:
            self.abort(known)
            known = None
        if known is not None and now - known.began > LIFETIME_S:
            self.abort(known)
            raise NoSuchTransaction
        if known is None and not first:
            raise NoSuchTransaction
        if known is None:
            known = self._open[session] = Transaction(stamp, len(self.log), now)
        return known

    def abort(self, transaction: Transaction) -> None:
        for key in transaction.held:
            del self._holders[key]
        transaction.held = []
        self._open.pop(transaction.stamp[0], None)

    def abort_stamp(self, stamp: Stamp) -> None:
        known = self._open.get(stamp[0])
        if known is not None and known.stamp == stamp:
            self.abort(known)

    def commit(self, stamp: Stamp, now: float) -> int:
        """Commit, or say again that it was; return how long the log must be on a majority for it to last."""
        done = self._done.get(stamp)
        if done is not None:
            return done[0]
        transaction = self.transaction(stamp, now, first=False)
        self.abort(transaction)
        # One that only read is a line of the log as well, so that a deposed primary cannot commit it.
        self._append(Commit(transaction.writes, stamp if transaction.writes else None, None, now))
        self._done[stamp] = (len(self.log), None)
        return len(self.log)

    def done(self, stamp: Stamp) -> tuple[int, Any] | None:
        """Return what a retryable write came to, when it was done before."""
        return self._done.get(stamp)

    def write(self, stamp: Stamp, writes: Mapping[Key, Document | None], result: Any, now: float) -> int:
        """Commit a write outside of transactions."""
        for key in writes:
            self._check_free(key, None, now)
        self._append(Commit(writes, stamp, result, now))
        return len(self.log)

    # Reading

    def get(self, collection: str, key: Any, at: int) -> Document | None:
        versions = self._versions.get(collection, {}).get(key, ())
        for index, document in reversed(versions):
            if index <= at:
                return document
        return None

    def history(self, collection: str, key: Any, since: int) -> list[Document]:
        """Return the version that was there at ``since`` and all later ones."""
        versions = self._versions.get(collection, {}).get(key, [])
        first = max((n for n, (index, _) in enumerate(versions) if index <= since), default=0)
        return [document for _, document in versions[first:] if document is not None]

    def all(self, collection: str, at: int) -> list[Document]:
        found = (self.get(collection, key, at) for key in self._versions.get(collection, {}))
        return [document for document in found if document is not None]

    def find(
        self, collection: str, where: Mapping[str, Any], at: int, now: float, own: Transaction | None = None
    ) -> list[Document]:
        """Return the documents that match at a point of the log, seen by ``own`` with what it wrote."""
        date = self.time(now)
        found = (
            own.writes[collection, key]
            if own is not None and (collection, key) in own.writes
            else self.get(collection, key, at)
            for key in self._candidates(collection, where, own)
        )
        rest = {field: wanted for field, wanted in where.items() if field != "_id"}
        return [one for one in found if one is not None and matches(one, rest, date)]

    def _candidates(
        self, collection: str, where: Mapping[str, Any], own: Transaction | None
    ) -> Iterable[Any]:
        wanted = where.get("_id")
        if isinstance(wanted, dict) and "$in" in wanted:
            return dict.fromkeys(key_of(one) for one in wanted["$in"])
        if wanted is not None:
            return [key_of(wanted)]
        written = own.writes if own is not None else ()
        return dict.fromkeys(
            [*self._versions.get(collection, ()), *(k for c, k in written if c == collection)]
        )

    # Writing in a transaction

    def change(self, transaction: Transaction, collection: str, document: Document, now: float) -> None:
        key = (collection, key_of(document["_id"]))
        self._hold(transaction, key, now)
        transaction.writes[key] = document

    def insert(self, transaction: Transaction, collection: str, document: Document, now: float) -> None:
        """Add a document.

        Raises:
            DuplicateKey: the transaction sees one under the same key.
            WriteConflict: one has come, or is coming, that it does not see.
        """
        self._validate(collection, document)
        for key in unique_keys(collection, document):
            seen = transaction.writes.get(key) or self.get(*key, transaction.at)
            if seen is not None:
                raise DuplicateKey
            self._hold(transaction, key, now)
            transaction.writes[key] = document

    def _validate(self, collection: str, document: Document) -> None:
        if collection == "entries" and self.invalid:
            poison = (document["_id"]["operation"], document["kind"])
            left = self.invalid.get(poison, 0)
            if left:
                self.invalid[poison] = left - 1
                raise Invalid

    def _hold(self, transaction: Transaction, key: Key, now: float) -> None:
        if self._holders.get(key) is transaction:
            return
        self._check_free(key, transaction, now)
        versions = self._versions.get(key[0], {}).get(key[1])
        if versions and versions[-1][0] > transaction.at:
            raise WriteConflict(key)
        self._holders[key] = transaction
        transaction.held.append(key)

    def _check_free(self, key: Key, transaction: Transaction | None, now: float) -> None:
        holder = self._holders.get(key)
        if holder is None or holder is transaction:
            return
        if now - holder.began > LIFETIME_S:
            self.abort(holder)
        elif transaction is None:
            raise Held
        else:
            raise WriteConflict(key)

    def _append(self, commit: Commit) -> None:
        self.log.append(commit)
        index = len(self.log)
        if commit.stamp is not None:
            self._done[commit.stamp] = (index, commit.result)
        for (collection, key), document in commit.writes.items():
            self._versions.setdefault(collection, {}).setdefault(key, []).append((index, document))


def unique_keys(collection: str, document: Document) -> list[Key]:
    """Return where a document lies, and the places that it takes in other unique indexes."""
    fields = UNIQUE.get(collection, ())
    unique = [(f"{collection} by {fields}", tuple(key_of(document[one]) for one in fields))] if fields else []
    return [(collection, key_of(document["_id"])), *unique]
