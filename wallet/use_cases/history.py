"""What a user did and what became of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from wallet.errors import NotFound, Unauthenticated
from wallet.models import Line, Transfer
from wallet.store.history import HistoryStore

WALK_PAGE = 500
"""Entries in memory at a time while everything is streamed."""


@dataclass(frozen=True, slots=True)
class Page:
    """Lines, newest first, and the seq before which the next page starts; ``None`` on the last page."""

    lines: list[Line]
    before: int | None


class History:
    """Reads of one's own ledger."""

    def __init__(self, store: HistoryStore) -> None:
        self._store = store

    def everything(self, user: UUID, before: int | None = None) -> Iterator[list[Line]]:
        """Yield all lines, newest first, a page at a time. The first page is read at once."""
        pages = self._store.walk(user, WALK_PAGE, before)
        first = self._vouched(user, next(pages, []))

        def follow() -> Iterator[list[Line]]:
            yield first
            yield from pages

        return follow()

    def page(self, user: UUID, limit: int, before: int | None) -> Page:
        lines = self._vouched(user, self._store.page(user, limit + 1, before))
        more = len(lines) > limit
        return Page(lines[:limit], lines[limit - 1].entry.seq if more else None)

    def _vouched(self, user: UUID, lines: list[Line]) -> list[Line]:
        """Return ``lines``; without any, make sure that the user exists."""
        if not lines and not self._store.knows(user):
            raise Unauthenticated
        return lines

    def transfer(self, user: UUID, transfer_id: UUID) -> Transfer:
        """Return a transfer that ``user`` sent or is to receive.

        Raises:
            NotFound: there is none, or it is between others.
        """
        transfer = self._store.transfer(transfer_id)
        if transfer is None or user not in (transfer.sender, transfer.target):
            raise NotFound
        return transfer
