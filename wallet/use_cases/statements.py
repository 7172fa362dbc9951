"""What a wallet did in a month, and whether it adds up."""

from collections.abc import Iterator, Sequence
from datetime import tzinfo
from itertools import chain
from uuid import UUID

from wallet.clock import Clock
from wallet.errors import Unauthenticated
from wallet.models import Entry
from wallet.rules.month import Month, check_begun
from wallet.statements import Statement, chained, checked
from wallet.store.calendar import MARGIN, Calendar
from wallet.store.statements import StatementStore

PAGE = 500
"""Entries in memory at a time."""


class Statements:
    """``zone`` is the one in which months begin and end."""

    def __init__(self, store: StatementStore, calendar: Calendar, clock: Clock, zone: tzinfo) -> None:
        self._store = store
        self._calendar = calendar
        self._clock = clock
        self._zone = zone

    def of(self, user: UUID, month: Month, *, up_to: int | None = None) -> Statement:
        """Return the statement of ``month``: of a month that is not over, of what there is now.

        Args:
            user: whose.
            month: which.
            up_to: the seq after which nothing counts, as if it had not happened yet.

        Raises:
            InvalidInput: the month has not begun.
            DoesNotAddUp: the ledger contradicts itself.
        """
        now = self._clock()
        check_begun(month, self._zone, now)
        begins, ends = month.begins(self._zone), month.following.begins(self._zone)
        tip = self._store.tip(user)
        if tip is None:
            raise Unauthenticated
        end = tip.seq if up_to is None else min(up_to, tip.seq)
        first = self._calendar.first_since(user, begins, end)
        last = self._calendar.first_since(user, ends, end) - 1
        return checked(
            Statement(
                wallet=user,
                month=month,
                as_of=now,
                complete=last < end or now >= ends + MARGIN,
                first=first,
                last=last,
                opening=self._store.balance_after(user, first - 1),
                closing=self._store.balance_after(user, last),
                totals=self._store.totals(user, first, last),
            )
        )

    def pages(self, statement: Statement) -> Iterator[Sequence[Entry]]:
        """Yield the entries of ``statement``, oldest first, a page at a time. The first page is read at once.

        Raises:
            DoesNotAddUp: they are not the chain that the statement is about.
        """
        walk = self._store.walk(statement.wallet, statement.first, statement.last, PAGE)
        pages = chained(statement, walk)
        first = next(pages, ())
        return chain((first,), pages)
