"""Applies the migrations, each once, however many start at the same time."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from pymongo import MongoClient, WriteConcern
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo_migrate.mongo_migrate import MongoMigrate

from wallet.errors import Unavailable
from wallet.store.client import Document
from wallet.store.faults import renamed

_DIRECTORY = Path(__file__).with_name("migrations")
_LEASE_MS = 60_000
"""How long a migration that died keeps others out."""
_WAIT_S = 90.0
_POLL_S = 0.1


def migrate(database: Database[Document]) -> list[str]:
    """Apply what is missing and return the names of the migrations that this call applied.

    Raises:
        Unavailable: another one held the lock for longer than a minute and a half.
    """
    with renamed(), _lock(database):
        missing = pending_migrations(database)
        _migrations(database).upgrade()
        return missing


def pending_migrations(database: Database[Document]) -> list[str]:
    """Return the names of the migrations that are not applied yet, in order."""
    with renamed():
        migrations = _migrations(database)
        return [one.name for one in migrations.get_migrations() if not migrations.get_state(one).applied]


def _migrations(database: Database[Document]) -> MongoMigrate:
    client: MongoClient[Document] = database.client
    return MongoMigrate(
        client=client,
        database=database.name,
        migrations_dir=str(_DIRECTORY),
        migrations_collection="migrations",
    )


@contextmanager
def _lock(database: Database[Document]) -> Iterator[None]:
    locks = database.get_collection("locks", write_concern=WriteConcern("majority"))
    holder = str(uuid4())
    deadline = time.monotonic() + _WAIT_S
    while not _taken(locks, holder):
        if time.monotonic() > deadline:
            raise Unavailable("Another migration holds the lock: wait for it, or see whether it hangs")
        time.sleep(_POLL_S)
    try:
        yield
    finally:
        locks.delete_one({"_id": "migrations", "holder": holder})


def _taken(locks: Collection[Document], holder: str) -> bool:
    """Take the lock when it is free or its lease ran out, by the server's clock."""
    free = {"$lte": [{"$ifNull": ["$until", None]}, "$$NOW"]}
    claim = {"_id": "$_id", "holder": holder, "until": {"$add": ["$$NOW", _LEASE_MS]}}
    row = locks.find_one_and_update(
        {"_id": "migrations"},
        [{"$replaceWith": {"$cond": [free, claim, "$$ROOT"]}}],
        upsert=True,
        return_document=True,
    )
    return row is not None and bool(row["holder"] == holder)
