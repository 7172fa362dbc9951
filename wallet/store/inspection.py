"""What the server and the database look like from outside: facts for ``dompet doctor``."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import pymongo
from pymongo.errors import OperationFailure

from wallet.store.client import MAJORITY, Document
from wallet.store.faults import renamed
from wallet.store.migrate import pending_migrations
from wallet.store.opening import Store

_PROBE_S = 6.0
_CHANGES = frozenset(
    {"update", "remove", "dropCollection", "dropDatabase", "convertToCapped", "renameCollectionSameDB"}
    | {"anyAction", "bypassDocumentValidation"}
)
"""What changes entries, or lets in one that is none."""
_SCRATCH = {"_id": "doctor"}

Keys = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Index:
    """An index by what it promises; its name is only a name."""

    collection: str
    keys: Keys
    unique: bool = False

    def __str__(self) -> str:
        return f"{self.collection}({', '.join(name for name, _ in self.keys)})"


INDEXES = frozenset(
    {
        Index("users", (("phone_number", 1),), unique=True),
        Index("entries", (("wallet", 1), ("seq", 1)), unique=True),
        Index("transfers", (("date", 1), ("partition", 1))),
        Index("entries", (("date", 1),)),
        Index("watchers", (("beat", 1),)),
        Index("sessions", (("user", 1), ("created_at", 1))),
        Index("sessions", (("ended_at", 1),)),
        Index("sessions", (("expires_at", 1),)),
    }
)
"""What the migrations make; a test holds the two together."""

VALIDATED = frozenset({"users", "wallets", "entries", "transfers", "sessions"})
"""The collections with a validator."""


@dataclass(frozen=True, slots=True)
class Member:
    """The server that answers: its version, its replica set, its clock."""

    version: tuple[int, int, int]
    replica_set: str | None
    offers_zlib: bool
    clock_ahead_s: float
    """How far its clock is ahead of ours, to within half a round trip."""


class Inspection:
    """Bounded looks, and one write that leaves nothing behind."""

    def __init__(self, database: Store) -> None:
        self._database = database
        self._admin = database.client.admin

    def member(self) -> Member:
        with renamed(), pymongo.timeout(_PROBE_S):
            major, minor, patch, _ = self._admin.command("buildInfo")["versionArray"]
            before = time.time()
            # The compressors in the question make the server name those of them that it would accept.
            hello = self._admin.command("hello", compression=["zlib"])
            after = time.time()
        return Member(
            version=(major, minor, patch),
            replica_set=hello.get("setName"),
            offers_zlib="zlib" in hello.get("compression", ()),
            clock_ahead_s=hello["localTime"].timestamp() - (before + after) / 2,
        )

    def write_durably(self) -> float:
        """Write one document, wait until a majority has it in its journal; return the seconds it took."""
        scratch = self._database.get_collection("locks", write_concern=MAJORITY)
        with renamed(), pymongo.timeout(_PROBE_S):
            start = time.monotonic()
            scratch.replace_one(_SCRATCH, _SCRATCH, upsert=True)
            took = time.monotonic() - start
            scratch.delete_one(_SCRATCH)
        return took

    def indexes(self) -> frozenset[Index]:
        """Return all indexes but those of the primary keys."""
        with renamed(), pymongo.timeout(_PROBE_S):
            return frozenset(
                _index(name, index)
                for name in sorted({index.collection for index in INDEXES})
                for index in self._database[name].list_indexes()
                if index["name"] != "_id_"
            )

    def validated(self) -> frozenset[str]:
        """Return the collections whose validator refuses what does not fit."""
        with renamed(), pymongo.timeout(_PROBE_S):
            found = self._database.list_collections()
            return frozenset(one["name"] for one in found if _refuses(one.get("options", {})))

    def transaction_lifetime_s(self) -> int | None:
        """Return the server's limit for transactions, or ``None`` when we may not ask."""
        name = "transactionLifetimeLimitSeconds"
        with renamed(), pymongo.timeout(_PROBE_S):
            try:
                return int(self._admin.command({"getParameter": 1, name: 1})[name])
            except OperationFailure:
                return None

    def failover(self) -> Mapping[str, int] | None:
        """Return the settings of the replica set; ``None`` when it has one member, or we may not ask."""
        with renamed(), pymongo.timeout(_PROBE_S):
            try:
                config = self._admin.command("replSetGetConfig")["config"]
            except OperationFailure:
                return None
        return config["settings"] if len(config["members"]) > 1 else None

    def may_change_entries(self) -> frozenset[str] | None:
        """Return the actions by which our user could change the ledger; ``None`` when nobody needs a user."""
        with renamed(), pymongo.timeout(_PROBE_S):
            told = self._admin.command("connectionStatus", showPrivileges=True)["authInfo"]
        if not told["authenticatedUsers"]:
            return None
        return frozenset(
            action
            for privilege in told["authenticatedUserPrivileges"]
            if _covers_entries(privilege["resource"], self._database.name)
            for action in _CHANGES.intersection(privilege["actions"])
        )

    def missing_migrations(self) -> list[str]:
        with pymongo.timeout(_PROBE_S):
            return pending_migrations(self._database)

    def users(self) -> int:
        with renamed(), pymongo.timeout(_PROBE_S):
            return self._database["users"].estimated_document_count()


def _index(collection: str, document: Mapping[str, Document]) -> Index:
    return Index(collection, tuple(document["key"].items()), bool(document.get("unique")))


def _covers_entries(resource: Mapping[str, object], database: str) -> bool:
    """Whether a resource is the ledger, or holds it; an empty name is any."""
    if resource.get("anyResource"):
        return True
    names = (resource.get("db"), resource.get("collection"))
    return names[0] in ("", database) and names[1] in ("", "entries")


def _refuses(options: Document) -> bool:
    return (
        "validator" in options
        and options.get("validationAction", "error") == "error"
        and options.get("validationLevel", "strict") != "off"
    )
