"""Where a date is in a wallet's chain, without an index of dates: each index slows every transfer.

Entries are numbered as they are committed and dated by the clocks of pods and watchers, so dates rise with
seq only as far as clocks agree.
"""

from datetime import datetime, timedelta
from uuid import UUID

import pymongo
from pymongo.database import Database

from wallet.errors import MalformedDocument
from wallet.store.client import OPERATION_S, Document
from wallet.store.faults import renamed

MARGIN = timedelta(hours=2)
"""An entry is dated earlier than one before it by no more: clocks disagree, and commits are tried again."""


class Calendar:
    """Bisects by point reads of the index (wallet, seq): twenty for a million entries."""

    def __init__(self, database: Database[Document]) -> None:
        self._entries = database["entries"]

    def first_since(self, wallet: UUID, date: datetime, last: int) -> int:
        """Return the smallest seq up to ``last`` that is dated ``date`` or later; ``last + 1`` without any.

        It stays the same for good once there is one, for what is added later has a higher seq.
        """
        with renamed(), pymongo.timeout(OPERATION_S):
            stop = min(self._last_before(wallet, date, last) + 1, last)
            start = self._last_before(wallet, date - MARGIN, stop)
            found = self._entries.find_one(
                {"wallet": wallet, "seq": {"$gt": start, "$lte": stop}, "date": {"$gte": date}},
                projection={"_id": False, "seq": True},
                sort=[("seq", 1)],
                hint="wallet_seq",
            )
        return int(found["seq"]) if found else last + 1

    def span(self, wallet: UUID, since: datetime | None, until: datetime | None, last: int) -> range:
        """Return seqs among which are all that are dated from ``since`` to before ``until``.

        Others are among them, too: of the margin at both ends.
        """
        with renamed(), pymongo.timeout(OPERATION_S):
            start = self._last_before(wallet, since - MARGIN, last) if since else 0
            stop = self._last_before(wallet, until + MARGIN, last) if until else last
        return range(start + 1, stop + 1)

    def _last_before(self, wallet: UUID, date: datetime, last: int) -> int:
        """Return a seq dated before ``date`` whose follower is not; it may be 0, or ``last``."""
        if last == 0 or self._date(wallet, last) < date:
            return last
        before, after = 0, last
        while after - before > 1:
            middle = (before + after) // 2
            if self._date(wallet, middle) < date:
                before = middle
            else:
                after = middle
        return before

    def _date(self, wallet: UUID, seq: int) -> datetime:
        found = self._entries.find_one(
            {"wallet": wallet, "seq": seq}, projection={"_id": False, "date": True}, hint="wallet_seq"
        )
        if found is None:
            raise MalformedDocument(f"wallet {wallet} has no entry with seq {seq}")
        date: datetime = found["date"]
        return date
