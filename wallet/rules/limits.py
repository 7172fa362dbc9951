"""How much one may move in one operation, in a day and in a month, by kind.

What was used is kept for one day and its month, both of the zone that people live in. A day only ever moves
forward: a pod whose clock lags counts into the day that others have begun, one whose clock is ahead begins it
early. Either way each day, and each month, is allowed once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from wallet import errors
from wallet.models import Kind, Tally, Used
from wallet.rules.money import LARGEST_CAP

_NOUNS = {Kind.TOP_UP: "top-up", Kind.PAYMENT: "payment", Kind.TRANSFER_OUT: "transfer"}


@dataclass(frozen=True, slots=True)
class Limit:
    """The most of one kind, in rupiah and in times; ``None`` is as much as one likes."""

    operation_amount: int | None = None
    day_amount: int | None = None
    day_count: int | None = None
    month_amount: int | None = None
    month_count: int | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of each kind that has any, and the zone of their days."""

    by_kind: Mapping[Kind, Limit]
    zone: tzinfo

    def day_of(self, date: datetime) -> int:
        """Return the day of ``date`` as a number, such as 20261125."""
        local = date.astimezone(self.zone)
        return local.year * 10_000 + local.month * 100 + local.day


def spend(used: Used | None, kind: Kind, amount: int, limit: Limit, day: int) -> Used:
    """Return what is used after ``amount`` more rupiah on ``day``.

    Raises:
        LimitExceeded: it would be more than ``limit`` allows.
    """
    now = _at(used, day)
    before = now.tallies.get(kind, Tally())
    after = Tally(
        before.day_amount + amount, before.day_count + 1, before.month_amount + amount, before.month_count + 1
    )
    _check(_NOUNS[kind], amount, limit, before, after)
    # Where only times are limited, rupiah must not outgrow what the database can hold.
    kept = Tally(*(min(value, LARGEST_CAP) for value in after))
    return Used(now.day, {**now.tallies, kind: kept})


def _at(used: Used | None, day: int) -> Used:
    if used is None:
        return Used(day, {})
    if day <= used.day:
        return used
    if day // 100 != used.day // 100:
        return Used(day, {})
    months = {
        kind: Tally(0, 0, tally.month_amount, tally.month_count) for kind, tally in used.tallies.items()
    }
    return Used(day, months)


def _check(noun: str, amount: int, limit: Limit, before: Tally, after: Tally) -> None:
    if _over(amount, limit.operation_amount):
        raise errors.OperationLimitExceeded(f"At most {limit.operation_amount} rupiah in one {noun}")
    if _over(after.day_count, limit.day_count):
        raise errors.DailyCountExceeded(f"At most {limit.day_count} {noun}s a day")
    if _over(after.month_count, limit.month_count):
        raise errors.MonthlyCountExceeded(f"At most {limit.month_count} {noun}s a month")
    if _over(after.day_amount, limit.day_amount):
        left = _left(limit.day_amount, before.day_amount)
        raise errors.DailyAmountExceeded(f"At most {limit.day_amount} rupiah of {noun}s a day: {left} left")
    if _over(after.month_amount, limit.month_amount):
        left = _left(limit.month_amount, before.month_amount)
        raise errors.MonthlyAmountExceeded(
            f"At most {limit.month_amount} rupiah of {noun}s a month: {left} left"
        )


def _over(value: int, limit: int | None) -> bool:
    return limit is not None and value > limit


def _left(limit: int | None, used: int) -> int:
    return max(0, (limit or 0) - used)
