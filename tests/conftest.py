"""A real replica set for each process of the run, and a clean, migrated database for each test."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from pymongo import MongoClient
from pymongo.database import Database
from secured import SecuredServer

from wallet.audit import audit
from wallet.store.client import Document, connect, open_database
from wallet.store.migrate import migrate

MEMORY = Path("/dev/shm")
ROOM_BYTES = 2 << 30

WHOLE = {"e2e", "deploy"}
"""Folders whose files share what takes long to start or to render."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a file of ``WHOLE`` in one process when there are several."""
    for item in items:
        if item.path.parent.name in WHOLE:
            item.add_marker(pytest.mark.xdist_group(item.path.stem))


def in_memory() -> Path | None:
    """Return where files are no disk's work: tests ask what was written, not how fast a disk is."""
    return MEMORY if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM_BYTES else None


DRIFT = ("proofs", "awaited", "drifts")


@pytest.fixture(scope="session")
def mongod() -> Iterator[SecuredServer]:
    with (
        TemporaryDirectory(prefix="dompet-tests-", dir=in_memory()) as data,
        SecuredServer(Path(data)) as server,
    ):
        yield server


@pytest.fixture(scope="session")
def client(mongod: SecuredServer) -> Iterator[MongoClient[Document]]:
    with connect(mongod.uri, application="tests") as client:
        yield client


@pytest.fixture(scope="session")
def migrated(client: MongoClient[Document]) -> Database[Document]:
    database = open_database(client, "dompet_test")
    migrate(database)
    return database


@pytest.fixture
def database(migrated: Database[Document], request: pytest.FixtureRequest) -> Iterator[Database[Document]]:
    """An empty database. Whatever the test did in it, the books must balance in the end.

    The mark ``forged`` is for tests that write rows which the program never would.
    """
    yield migrated
    forged = request.node.get_closest_marker("forged") is not None
    offences = () if forged else audit(migrated).offences
    for name in ("users", "wallets", "entries", "transfers", "sessions", "watchers", *DRIFT):
        migrated[name].delete_many({})
    assert offences == ()
