"""Which database a command works on."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from wallet.errors import WalletError
from wallet.store.opening import Store, check_reachable, opened

Command = TypeVar("Command", bound=Callable[..., Any])


class NoConnectionString(WalletError):
    code = "no_connection_string"
    message = "No database is named: start one with `dompet up`, or give --uri, or set MONGODB_URI"


def connection_options(command: Command) -> Command:
    """Add ``--uri`` and ``--database``, which become the parameters ``uri`` and ``database_name``."""
    uri = click.option(
        "--uri",
        envvar="MONGODB_URI",
        help="Connection string of a replica set; else MONGODB_URI, else the server of `dompet up`.",
    )
    database = click.option(
        "--database",
        "database_name",
        envvar="MONGODB_DATABASE",
        default="dompet",
        show_default=True,
        help="Name of the database; else MONGODB_DATABASE.",
    )
    return uri(database(command))


def open_store(uri: str | None, name: str, command: str) -> AbstractContextManager[Store]:
    """Open the database, by the connection string given or the one that ``dompet up`` left behind."""
    return opened(uri or _uri_of_local_server(), name, application=f"dompet-{command}")


@contextmanager
def reach_store(uri: str | None, name: str, command: str) -> Iterator[Store]:
    """Open the database once a server that takes writes answers."""
    with open_store(uri, name, command) as store:
        check_reachable(store)
        yield store


def _uri_of_local_server() -> str:
    file = Path(os.environ.get("DATA_DIR") or ".dompet", "mongodb-uri")
    if not file.exists():
        raise NoConnectionString
    return file.read_text().strip()
