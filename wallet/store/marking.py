"""The marks that operators leave on rows of the queue. None of them touches money."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from bson import Int64
from pymongo.database import Database

from wallet.cases import Note
from wallet.models import TransferStatus
from wallet.store import rows
from wallet.store.client import Document
from wallet.store.faults import renamed

_NOTES_KEPT = 20
_PENDING = TransferStatus.PENDING.value
_NEVER_TRIED = {"parked": False, "attempts": Int64(0), "failure": None}


class OperatorMarks:
    """Each is one atomic update of a row that is still in the state it is meant for."""

    def __init__(self, database: Database[Document]) -> None:
        self._transfers = database["transfers"]

    def unpark(self, transfer_id: UUID, note: Note) -> bool:
        """Hand a pending row back to the watchers as if it were new; say whether it was pending."""
        wanted = {"_id": transfer_id, "status": _PENDING}
        return self._mark(wanted, {"$set": _NEVER_TRIED, "$unset": {"retry_at": ""}}, note)

    def park(self, transfer_id: UUID, reason: str, note: Note) -> bool:
        """Take a pending row out of the watchers' hands; say whether it was in them."""
        wanted = {"_id": transfer_id, "status": _PENDING, "parked": {"$ne": True}}
        return self._mark(wanted, {"$set": {"parked": True, "failure": reason}}, note)

    def sign(self, transfer_id: UUID, note: Note) -> None:
        """Write down who had a transfer refunded."""
        self._mark({"_id": transfer_id, "status": TransferStatus.FAILED.value}, {}, note)

    def _mark(self, wanted: Document, change: Mapping[str, Any], note: Note) -> bool:
        noted = {"$each": [rows.note_document(note)], "$slice": -_NOTES_KEPT}
        with renamed():
            marked = self._transfers.update_one(wanted, {**change, "$push": {rows.NOTES: noted}})
        return bool(marked.matched_count)
