"""Takes from the primary key of a credit what it forbids: it is spelled in two ways.

The server compares documents field by field, in their order. So one operation can have two credits.
"""

import random
from collections.abc import Callable

from tests.chaos.planted.patch import Patch
from wallet.models import Entry, Kind
from wallet.store import documents
from wallet.store.client import Document

Choose = Callable[[Entry], bool]


def either(entry: Entry) -> bool:
    """Spell half of the credits the other way."""
    return entry.kind is Kind.TRANSFER_IN and random.random() < 0.5


def refunds(entry: Entry) -> bool:
    """Spell refunds the other way: a refund and a credit do not meet."""
    return entry.kind is Kind.REFUND


def spell_otherwise(patch: Patch, chosen: Choose) -> None:
    entry_document = documents.entry_document

    def spelled(entry: Entry) -> Document:
        document = entry_document(entry)
        if chosen(entry):
            document["_id"] = dict(reversed(document["_id"].items()))
        return document

    patch(documents, "entry_document", spelled)
