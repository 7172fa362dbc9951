"""Opening the database for one command, and closing it after."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

from pymongo.database import Database
from pymongo.errors import ConfigurationError, InvalidURI

from wallet.errors import Unavailable, WalletError
from wallet.store.client import Document, connect, open_database
from wallet.store.health import Health

Store: TypeAlias = Database[Document]
"""The open database, as code hands it on that does not know the driver."""


class BadConnectionString(WalletError):
    code = "bad_connection_string"
    message = "This is not a connection string of MongoDB"


class Unreachable(Unavailable):
    code = "unreachable"
    message = "No MongoDB server that takes writes answers"


@contextmanager
def opened(uri: str, name: str, *, application: str) -> Iterator[Store]:
    """Open the database ``name`` at ``uri``. Whether a server answers there shows at the first operation.

    Raises:
        BadConnectionString: ``uri`` cannot mean a server.
    """
    try:
        client = connect(uri, application=application)
    except (InvalidURI, ConfigurationError, ValueError) as fault:
        raise BadConnectionString(f"{BadConnectionString.message}: {fault}") from fault
    with client:
        yield open_database(client, name)


def check_reachable(database: Store) -> None:
    """Return when a primary answers.

    Raises:
        Unreachable: none does; the message says where it was looked for.
    """
    try:
        Health(database).check_writable()
    except Unavailable as fault:
        servers = database.client.topology_description.server_descriptions()
        addresses = ", ".join(f"{host}:{port}" for host, port in sorted(servers))
        raise Unreachable(
            f"{Unreachable.message} at {addresses}: is it running, and has its replica set a primary?"
        ) from fault
