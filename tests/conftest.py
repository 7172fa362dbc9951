"""A real replica set for each process of the run, and a clean, migrated database for each test."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import canaries
import pytest
import structlog
from pymongo import MongoClient
from pymongo.database import Database
from secured import SecuredServer
from sharing import Sharing

from wallet import logs as production
from wallet.audit import audit
from wallet.store import lenient
from wallet.store.client import Document, connect, open_database
from wallet.store.migrate import migrate

MEMORY = Path("/dev/shm")
ROOM_BYTES = 2 << 30
DATA = "dompet-tests-"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Sharing:
    return Sharing(config, log)


def in_memory() -> Path | None:
    """Return where files are no disk's work: tests ask what was written, not how fast a disk is."""
    for left in MEMORY.glob(f"{DATA}*"):
        if not Path("/proc", left.name.split("-")[2]).exists():  # whoever made it was killed
            shutil.rmtree(left, ignore_errors=True)
    return MEMORY if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM_BYTES else None


FOUND = "canaries"

CLEARED = (
    *("users", "wallets", "entries", "transfers", "sessions", "guards", "buckets"),
    *("watchers", "proofs", "awaited", "drifts", "jobs"),
)


@pytest.fixture(scope="session", autouse=True)
def logs() -> None:
    """Events of this process are rendered as in production, and printed: each test's are searched."""
    structlog.configure(
        processors=[*production._shared(), *production._rendering("json")],
        logger_factory=structlog.PrintLoggerFactory(),
    )


@pytest.fixture(scope="session")
def mongod() -> Iterator[SecuredServer]:
    with (
        TemporaryDirectory(prefix=f"{DATA}{os.getpid()}-", dir=in_memory()) as data,
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
    search_documents(migrated, request.node.nodeid)
    forged = request.node.get_closest_marker("forged") is not None
    offences = () if forged else audit(migrated).offences
    for name in CLEARED:
        migrated[name].delete_many({})
    assert offences == ()


def search_documents(database: Database[Document], test: str) -> None:
    """Look for canaries in all that is stored, but for the one place where phone numbers belong."""
    for name in database.list_collection_names():
        # As bytes: some tests leave what cannot be decoded.
        rows = database[name].with_options(codec_options=lenient.RAW)
        for row in rows.find({}, {"phone_number": False} if name == "users" else None):
            canaries.search(f"{name} after {test}", row.raw.decode("latin-1"))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    # Not what pytest itself writes about logging: it has a format of its own.
    for kind, text in (one for one in report.sections if "stdout" in one[0] or "stderr" in one[0]):
        canaries.search(f"{kind} of {report.nodeid}", text)


def pytest_testnodedown(node: Any) -> None:
    """What another process of the run found, so has this one."""
    canaries.found += getattr(node, "workeroutput", {}).get(FOUND, [])


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput[FOUND] = canaries.found
    if canaries.found:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if canaries.found:
        terminalreporter.section("secrets where they do not belong", red=True)
        terminalreporter.write_line("\n".join(canaries.found))
