"""The replica set of the tests, with access control: nobody does anything without a user and its roles."""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from wallet.embedded import EmbeddedServer, replica_set
from wallet.embedded.binary import find_mongod
from wallet.embedded.options import MongodOptions
from wallet.embedded.ports import free_port
from wallet.store.client import Document, open_database
from wallet.store.roles import Duty, grant, name_of
from wallet.supervisor.process import Process
from wallet.supervisor.spec import ChildSpec

PASSWORD = "a password of the tests"
STARTS_WITHIN_S = 60
STOPS_WITHIN_S = 15


class SecuredServer:
    """A mongod with a key file. Its first user is made before: without access control.

    Args:
        folder: where its data are.
        options: what more it is started with.
        query: what clients need for that, to the connection string.
    """

    def __init__(self, folder: Path, *, options: tuple[str, ...] = (), query: str = "") -> None:
        self._folder = folder
        self._port = free_port()
        self._more = options
        self._query = query
        self._process: Process | None = None
        self._users: dict[str, str] = {}

    @property
    def uri(self) -> str:
        """As the one who may do everything."""
        return self._uri("root")

    def uri_as(self, duty: Duty, database: str) -> str:
        """As a user with the role of ``duty`` for ``database``, and no other."""
        role = name_of(duty, database)
        if role not in self._users:
            with MongoClient[Document](self.uri) as client:
                grant(open_database(client, database))
                client.admin.command("createUser", role, pwd=PASSWORD, roles=[role])
            self._users[role] = self._uri(role)
        return self._users[role]

    @contextmanager
    def user(self, client: MongoClient[Document], privileges: list[Document]) -> Iterator[str]:
        """As a user who may do this, and who is gone afterwards."""
        name = f"user-{secrets.token_hex(4)}"
        client.admin.command("createRole", name, privileges=privileges, roles=[])
        client.admin.command("createUser", name, pwd=PASSWORD, roles=[name])
        yield self._uri(name)
        client.admin.command("dropUser", name)
        client.admin.command("dropRole", name)

    def __enter__(self) -> Self:
        with (
            EmbeddedServer(self._folder, port=self._port, test_commands=True) as server,
            MongoClient[Document](server.uri) as client,
        ):
            client.admin.command("createUser", "root", pwd=PASSWORD, roles=["root"])
        self._process = Process(ChildSpec("mongodb", self._command(), log=self._folder / "secured.log"))
        self._wait()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._process.stop(STOPS_WITHIN_S)

    def _uri(self, user: str) -> str:
        password = PASSWORD.replace(" ", "%20")
        where = f"127.0.0.1:{self._port}/?replicaSet={replica_set.NAME}&authSource=admin{self._query}"
        return f"mongodb://{user}:{password}@{where}"

    def _command(self) -> list[str]:
        key = self._folder / "key"
        key.touch(mode=0o600)
        key.write_text(secrets.token_hex(64))
        options = MongodOptions(self._folder.resolve(), self._port, test_commands=True, cache_gb=0.5)
        return [*options.argv(find_mongod()), "--keyFile", str(key), *self._more]

    def _wait(self) -> None:
        deadline = time.monotonic() + STARTS_WITHIN_S
        while not self._is_primary():
            assert self._process.poll() is None, self._process.output()
            assert time.monotonic() < deadline, "mongod takes no writes"
            time.sleep(0.05)

    def _is_primary(self) -> bool:
        try:
            with MongoClient[Document](self.uri, serverSelectionTimeoutMS=500) as client:
                return bool(client.admin.command("hello")["isWritablePrimary"])
        except PyMongoError:
            return False
