"""What a user did and what became of it."""

from collections.abc import Iterator
from itertools import chain
from uuid import UUID

from wallet.errors import MalformedDocument, NotFound, Unauthenticated
from wallet.models import Line, Transfer
from wallet.rules.filters import EVERYTHING, Filter
from wallet.store.calendar import Calendar
from wallet.store.cases import CaseStore
from wallet.store.history import Found, HistoryStore

WALK_PAGE = 500
"""Lines in memory at a time while everything is streamed."""


class History:
    """Reads of one's own ledger."""

    def __init__(self, store: HistoryStore, calendar: Calendar, cases: CaseStore) -> None:
        self._store = store
        self._calendar = calendar
        self._cases = cases

    def top(self, user: UUID, before: int | None = None) -> int:
        """Return the seq of the newest entry there is, or of the one below ``before``."""
        last = self._store.last_seq(user)
        if last is None:
            raise Unauthenticated
        return last if before is None else min(last, before - 1)

    def everything(self, user: UUID, top: int, wanted: Filter = EVERYTHING) -> Iterator[list[Line]]:
        """Yield all lines that are wanted, from ``top`` on, newest first, a page at a time.

        The first page is read at once. What comes meanwhile is left out.
        """
        pages = self._walk(user, self._span(user, top, wanted), wanted)
        return chain([next(pages, [])], pages)

    def page(self, user: UUID, top: int, limit: int, wanted: Filter = EVERYTHING) -> Found:
        """Return up to ``limit`` lines from ``top`` on; fewer do not mean that there are no others."""
        return self._store.find(user, self._span(user, top, wanted), wanted, limit)

    def transfer(self, user: UUID, transfer_id: UUID) -> Transfer:
        """Return a transfer that ``user`` sent or is to receive.

        Where another hand spoiled its row, the ledger is asked instead.

        Raises:
            NotFound: there is none, or it is between others.
        """
        try:
            transfer = self._store.transfer(transfer_id)
        except MalformedDocument:
            case = self._cases.case(transfer_id)
            transfer = case.as_the_ledger_tells if case else None
        if transfer is None or user not in (transfer.sender, transfer.target):
            raise NotFound
        return transfer

    def _walk(self, user: UUID, span: range, wanted: Filter) -> Iterator[list[Line]]:
        while span:
            found = self._store.find(user, span, wanted, WALK_PAGE)
            yield found.lines
            span = range(span.start, found.before or span.start)

    def _span(self, user: UUID, top: int, wanted: Filter) -> range:
        return self._calendar.span(user, wanted.since, wanted.until, top)
