"""A real replica set for the whole run, and a clean, migrated database for each test."""

from collections.abc import Iterator

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from wallet.audit import audit
from wallet.embedded import EmbeddedServer
from wallet.store.client import Document, connect, open_database
from wallet.store.migrate import migrate


@pytest.fixture(scope="session")
def mongod(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    with EmbeddedServer(tmp_path_factory.mktemp("mongod"), test_commands=True) as server:
        yield server


@pytest.fixture(scope="session")
def client(mongod: EmbeddedServer) -> Iterator[MongoClient[Document]]:
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
    for name in (
        "users",
        "wallets",
        "entries",
        "transfers",
        "watchers",
        "proofs",
        "awaited",
        "drifts",
        "guards",
        "buckets",
    ):
        migrated[name].delete_many({})
    assert offences == ()
