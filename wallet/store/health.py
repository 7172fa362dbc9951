"""Whether the store can take a write now."""

import pymongo
from pymongo.database import Database

from wallet.errors import Unavailable
from wallet.store.client import Document
from wallet.store.faults import renamed

_PROBE_S = 2.0


def check_writable(database: Database[Document]) -> None:
    """Return when a primary answers.

    Raises:
        Unavailable: it does not.
    """
    with renamed(), pymongo.timeout(_PROBE_S):
        hello = database.client.admin.command("hello")
    if not hello.get("isWritablePrimary"):
        raise Unavailable
