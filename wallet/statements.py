"""A statement: what a wallet did in a month, as a stretch of its chain, and whether it adds up. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from wallet.errors import WalletError
from wallet.models import Entry, Kind, Mark, Side
from wallet.rules.month import Month


class DoesNotAddUp(WalletError):
    """The ledger contradicts itself: `dompet audit` tells where. Nothing, or nothing more, is shown of it."""


@dataclass(frozen=True, slots=True)
class Sum:
    """How many entries, and how many rupiah they moved."""

    count: int
    amount: int


NOTHING = Sum(0, 0)


@dataclass(frozen=True, slots=True)
class Statement:
    """The entries ``first`` to ``last`` of a wallet, by seq; ``last`` is ``first - 1`` when there are none.

    A month has the entries from the first that is dated in it, or later, to the one before the first that is
    dated after it. So each entry is in one month, whatever the clocks of pods say, and what a month closes
    with is what the next one opens with.
    """

    wallet: UUID
    month: Month
    as_of: datetime
    complete: bool
    """Whether the month is over and nothing can come into it."""
    first: int
    last: int
    opening: int
    closing: int
    totals: Mapping[Kind, Sum]

    @property
    def count(self) -> int:
        return self.last - self.first + 1

    def total(self, kind: Kind) -> Sum:
        return self.totals.get(kind, NOTHING)

    def moved(self, side: Side) -> Sum:
        """Return all that came in, or all that went out."""
        sums = [self.total(kind) for kind in Kind if kind.side is side]
        return Sum(sum(one.count for one in sums), sum(one.amount for one in sums))


def checked(statement: Statement) -> Statement:
    """Return ``statement``, which adds up.

    Raises:
        DoesNotAddUp: the entries that were added up are not all there are, or their sum is not what the
            balance changed by.
    """
    credits_, debits = statement.moved(Side.CREDIT), statement.moved(Side.DEBIT)
    if credits_.count + debits.count != statement.count:
        raise _broken(statement, f"{credits_.count + debits.count} entries are there")
    missing = statement.closing - (statement.opening + credits_.amount - debits.amount)
    if missing:
        raise _broken(statement, f"{missing} rupiah come from nowhere")
    return statement


def chained(statement: Statement, pages: Iterable[Sequence[Entry]]) -> Iterator[Sequence[Entry]]:
    """Yield ``pages``, oldest first, each after a look at whether it goes on where the one before it ended.

    Raises:
        DoesNotAddUp: it does not, or the last one does not end where ``statement`` does.
    """
    reached = Mark(statement.first - 1, statement.opening)
    for page in pages:
        for entry in page:
            reached = _after(entry, reached, statement)
        yield page
    if reached != Mark(statement.last, statement.closing):
        raise _broken(statement, f"it ends at seq {reached.seq}")


def _after(entry: Entry, reached: Mark, statement: Statement) -> Mark:
    change = entry.amount if entry.kind.side is Side.CREDIT else -entry.amount
    expected = (reached.seq + 1, reached.balance, reached.balance + change)
    if (entry.seq, entry.before, entry.after) != expected:
        raise _broken(statement, f"seq {entry.seq} does not follow on seq {reached.seq}")
    return Mark(entry.seq, entry.after)


def _broken(statement: Statement, fault: str) -> DoesNotAddUp:
    return DoesNotAddUp(f"wallet {statement.wallet}, seq {statement.first} to {statement.last}: {fault}")
