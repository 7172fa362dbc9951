"""A month of the calendar, as people name it: 2026-11."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from wallet.errors import InvalidInput

PATTERN = "[12][0-9]{3}-(0[1-9]|1[0-2])"
"""The years that both datetime and MongoDB can hold whatever the zone."""

_WRITTEN = re.compile(PATTERN)


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """``number`` is 1 to 12."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year}-{self.number:02}"

    @property
    def following(self) -> "Month":
        return Month(self.year + self.number // 12, self.number % 12 + 1)

    def begins(self, zone: tzinfo) -> datetime:
        """Return the moment, in UTC, at which it begins for people in ``zone``."""
        return datetime(self.year, self.number, 1, tzinfo=zone).astimezone(UTC)


def parse(text: str) -> Month:
    """Return the month that ``text`` names.

    Raises:
        InvalidInput: it names none.
    """
    if _WRITTEN.fullmatch(text) is None:
        raise InvalidInput({"month": "must be a year and a month, such as 2026-11"})
    return Month(int(text[:4]), int(text[5:]))


def check_begun(month: Month, zone: tzinfo, now: datetime) -> None:
    """Return when ``month`` has begun for people in ``zone``.

    Raises:
        InvalidInput: it has not.
    """
    if month.begins(zone) > now:
        raise InvalidInput({"month": "has not begun yet"})
