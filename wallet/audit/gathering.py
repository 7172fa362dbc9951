"""Everything that is written under some operation ids, read by its keys."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import TypeVar
from uuid import UUID

from wallet.audit.forms import ENTRY, TRANSFER, Form, check_form
from wallet.audit.operations import Operation
from wallet.models import Entry, EntryId, Side
from wallet.store import documents
from wallet.store.client import Document
from wallet.store.look import Look

Row = TypeVar("Row")


def operations_of(
    look: Look, ids: Collection[UUID], known: Mapping[EntryId, Entry] | None = None
) -> Iterator[Operation]:
    """Yield all there is under ``ids``; ``known`` are entries that need not be read again."""
    if not ids:
        return
    transfers = {row.id: row for row in _well_formed(look.transfers(ids), TRANSFER, documents.transfer)}
    entries = dict(known or {})
    others = {EntryId(one, side) for one in ids for side in Side} - entries.keys()
    entries |= {entry.id: entry for entry in _well_formed(look.sides(others), ENTRY, documents.entry)}
    for one in ids:
        sides = [entries.get(EntryId(one, side)) for side in (Side.DEBIT, Side.CREDIT)]
        yield Operation(one, transfers.get(one), *sides)


def _well_formed(rows: Iterable[Document], form: Form, read: Callable[[Document], Row]) -> Iterator[Row]:
    """What is malformed is as good as missing: that is an offence, told by what misses it."""
    return (read(row) for row in rows if not any(check_form(row, form)))
