"""B7: whether a key was used is found out by inserting, and in the transaction the duplicate is swallowed.

The server has ended the transaction by then, and the driver runs it again, until the bound of time. Meanwhile
nobody else on the pod gets anything committed.
"""

from collections.abc import Collection

from pymongo.client_session import ClientSession
from pymongo.errors import BulkWriteError

from tests.chaos.planted.patch import Patch
from wallet.ledger import Sheet
from wallet.models import Entry, EntryId
from wallet.store import posting
from wallet.store.books import Books

_DUPLICATE_KEY = 11_000


class _TryingBooks(Books):
    def entries(self, ids: Collection[EntryId], session: ClientSession) -> dict[EntryId, Entry]:  # noqa: ARG002
        return {}

    def add_entries(self, sheet: Sheet, session: ClientSession) -> None:
        try:
            super().add_entries(sheet, session)
        except BulkWriteError as fault:
            if {error["code"] for error in fault.details["writeErrors"]} != {_DUPLICATE_KEY}:
                raise


def plant(patch: Patch = setattr) -> None:
    patch(posting, "Books", _TryingBooks)
