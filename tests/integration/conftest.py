"""The API in this process, as its composition root builds it, on the replica set of the run."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from api import Api, in_process
from factories import settle_rows, settlement_engine
from flask import Flask
from pymongo.database import Database
from secured import SecuredServer

from service.app import create_app
from service.composition import compose
from service.settings import ServiceSettings
from wallet import clock, pins
from wallet.local.storage import BUCKET
from wallet.rules.partition import PARTITIONS
from wallet.store.client import Document
from wallet.store.queue import Queue
from wallet.store.roles import Duty

Build = Callable[..., Flask]
Snapshot = dict[str, list[Document]]


@pytest.fixture(scope="session")
def settings(mongod: SecuredServer) -> ServiceSettings:
    """With the rights of a pod and no more: what it may not do fails here as it would in production."""
    return ServiceSettings(
        mongodb_uri=mongod.uri_as(Duty.POD, "dompet_test"),
        mongodb_database="dompet_test",
        jwt_secret="a-secret-as-long-as-the-longest-algorithm-that-forgers-try-asks-for",
        pin_pepper="another-one-of-the-same-sort-long",
        pin_blocklist=False,
        rate_limits=False,
        exports_bucket=BUCKET,
        log_level="error",
    )


def building(settings: ServiceSettings, stack: ExitStack, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Return a function that builds the app with settings changed; ``stack`` closes what the apps opened."""

    def build(**changes: Any) -> Flask:
        changed = settings.model_copy(update=changes)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path_factory.mktemp("metrics")))
            return create_app(changed, compose(changed, stack))

    return build


@pytest.fixture
def build(settings: ServiceSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Build]:
    """Apps of a test's own. They end with it: each asks MongoDB four times a second who has logged out."""
    with ExitStack() as stack:
        yield building(settings, stack, tmp_path_factory)


@pytest.fixture(scope="session")
def app(settings: ServiceSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The one app of all tests that need no other. Its hashes cost next to nothing."""
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pins, "_MEMORY_KIB", 64)
            patch.setattr(pins, "_PASSES", 1)
            app = building(settings, stack, tmp_path_factory)()
        yield app


@pytest.fixture
def api(app: Flask, database: Database[Document]) -> Api:  # noqa: ARG001 - the API works on it
    return Api(in_process(app))


@pytest.fixture
def settle(database: Database[Document]) -> Callable[[], None]:
    """A function that credits or refunds whatever is pending, as a watcher does."""
    queue, engine = Queue(database), settlement_engine(database)

    def settle() -> None:
        pending = queue.pending(list(range(PARTITIONS)), 1_000)
        declined = settle_rows(engine, pending.transfers).declined
        engine.give_up(declined, clock.now())

    return settle


@pytest.fixture
def snapshot(database: Database[Document]) -> Callable[[], Snapshot]:
    """A function that reads everything that is written down, to see that nothing more was."""
    names = ("users", "wallets", "entries", "transfers")
    return lambda: {name: list(database[name].find(sort=[("_id", 1)])) for name in names}
