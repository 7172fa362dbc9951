"""When things happen in the story: half a year in Jakarta."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

JAKARTA = ZoneInfo("Asia/Jakarta")
FIRST_DAY = datetime(2026, 5, 20, tzinfo=JAKARTA)
LAST_MOMENT = datetime(2026, 11, 20, 21, 30, tzinfo=JAKARTA)


def moments(rng: Random, count: int) -> list[datetime]:
    """Return rising dates in whole milliseconds, by day rather than by night, some seconds apart."""
    days = (LAST_MOMENT - FIRST_DAY).days
    times = sorted(
        FIRST_DAY
        + timedelta(days=rng.randrange(1, days))
        + timedelta(milliseconds=int(rng.triangular(6, 23, 12) * 3_600_000))
        for _ in range(count)
    )
    return list(accumulate(times, lambda last, time: max(time, last + timedelta(seconds=10))))


def thirds(dates: Sequence[datetime]) -> tuple[Sequence[datetime], Sequence[datetime], Sequence[datetime]]:
    third = len(dates) // 3
    return dates[:third], dates[third : 2 * third], dates[2 * third :]


def burst(first: datetime, count: int) -> list[datetime]:
    return [first + timedelta(seconds=2 * number) for number in range(count)]


def new_id(date: datetime, rng: Random) -> UUID:
    """Return a UUIDv7 of ``date``."""
    bits = int(date.timestamp() * 1_000) << 80 | rng.getrandbits(80)
    return UUID(int=bits & ~(0xF << 76) & ~(0b11 << 62) | 7 << 76 | 0b10 << 62)
