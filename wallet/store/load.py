"""Loads a dump into a migrated database that has no users yet. A load that was cut short can be repeated."""

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import bson
from bson import CodecOptions
from bson.errors import BSONError
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError

from wallet.errors import WalletError
from wallet.progress import Track, untracked
from wallet.store.client import CODEC, Document
from wallet.store.dump_folder import BadDump, DumpFolder, find_dump
from wallet.store.faults import renamed
from wallet.store.lenient import RAW
from wallet.store.migrate import pending_migrations
from wallet.store.opening import Store
from wallet.store.snapshot import Snapshot

Row = TypeVar("Row", bound=Mapping[str, Any])

# Transfers when all that a watcher needs is there; users last, so that nobody logs in to half a wallet.
_IN_ORDER = ("wallets", "entries", "transfers", "users")

# What was proven of wallets that are no longer there.
_OF_THE_BOOKS_BEFORE = ("proofs", "awaited", "drifts")

_BATCH = 1_000
_DUPLICATE_KEY = 11_000
_CUT_SHORT = {"_id": "load"}


class NotEmpty(WalletError):
    code = "not_empty"
    message = "The database has users already: only an empty one can be loaded"


class NotMigrated(WalletError):
    code = "not_migrated"
    message = "Migrations are missing: run `dompet migrate` first"


def load(
    database: Store, folder: Path, *, pin_hashes: Mapping[UUID, str], track: Track = untracked
) -> dict[str, int]:
    """Insert the users, wallets, entries and transfers of the dump in ``folder``.

    Args:
        database: migrated and empty, or left by a load of the same dump that was cut short.
        folder: what holds the dump of one database.
        pin_hashes: PIN hashes, by user id, to take in place of those of the dump.
        track: draws the progress.

    Returns:
        How many documents of each collection the dump has.

    Raises:
        NotEmpty, NotMigrated, BadDump: nothing was written.
        MalformedDocument: a validator refuses a document of the dump.
    """
    _check(database)
    dump = find_dump(folder)
    counts = {name: _count(dump.bson(name)) for name in _IN_ORDER}
    with renamed():
        database["locks"].replace_one(_CUT_SHORT, _CUT_SHORT, upsert=True)
        for name in _OF_THE_BOOKS_BEFORE:
            database[name].delete_many({})
        for name in _IN_ORDER:
            rows = track(_rows(dump, name, pin_hashes), name, counts[name])
            _insert(database[name], iter(rows))
        database["locks"].delete_one(_CUT_SHORT)
    return counts


def is_loading(moment: Snapshot) -> bool:
    """Whether a load was going on at ``moment``, or was cut short before it: the books are not whole."""
    return any(True for _ in moment.raw("locks", where=_CUT_SHORT))


def has_users(database: Store) -> bool:
    """Whether there are users whom no load that was cut short has left behind."""
    with renamed():
        if database["locks"].find_one(_CUT_SHORT):
            return False
        return database["users"].find_one(projection={"_id": True}) is not None


def _check(database: Store) -> None:
    if pending_migrations(database):
        raise NotMigrated
    if has_users(database):
        raise NotEmpty


def _count(file: Path) -> int:
    """Count the documents of ``file``, and so see that it is whole before anything is written."""
    if not file.exists():
        raise BadDump(f"{file} is missing")
    return sum(1 for _ in _decoded(file, RAW))


def _rows(dump: DumpFolder, name: str, pin_hashes: Mapping[UUID, str]) -> Iterator[Document]:
    rows = _decoded(dump.bson(name), CODEC)
    return (_with_pin(user, pin_hashes) for user in rows) if name == "users" else rows


def _with_pin(user: Document, pin_hashes: Mapping[UUID, str]) -> Document:
    return user | {"pin_hash": pin_hashes.get(user["_id"], user["pin_hash"])}


def _decoded(file: Path, codec: CodecOptions[Row]) -> Iterator[Row]:
    with file.open("rb") as stream:
        try:
            yield from bson.decode_file_iter(stream, codec)
        except BSONError as fault:
            raise BadDump(f"{file} is not BSON, or is cut short: {fault}") from fault


def _insert(collection: Collection[Document], rows: Iterator[Document]) -> None:
    while batch := list(islice(rows, _BATCH)):
        try:
            collection.insert_many(batch, ordered=False)
        except BulkWriteError as fault:
            _forgive_duplicates(fault)


def _forgive_duplicates(fault: BulkWriteError) -> None:
    """A document may be there from a load that was cut short; the audit judges what all comes to."""
    if any(error["code"] != _DUPLICATE_KEY for error in fault.details["writeErrors"]):
        raise fault
