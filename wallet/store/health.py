"""Whether the store can take a write now, and has the shape that the program expects."""

import pymongo
from pymongo.database import Database

from wallet.errors import Unavailable
from wallet.store.client import Document
from wallet.store.faults import renamed
from wallet.store.migrate import pending_migrations

_PROBE_S = 2.0


class Health:
    """Short, bounded looks at the server."""

    def __init__(self, database: Database[Document]) -> None:
        self._database = database

    def check_writable(self) -> None:
        """Return when a primary answers.

        Raises:
            Unavailable: it does not.
        """
        with renamed(), pymongo.timeout(_PROBE_S):
            hello = self._database.client.admin.command("hello")
        if not hello.get("isWritablePrimary"):
            raise Unavailable("MongoDB has no primary that takes writes")

    def missing_migrations(self) -> list[str]:
        with pymongo.timeout(_PROBE_S):
            return pending_migrations(self._database)
