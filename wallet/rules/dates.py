"""Moments as people write them, in their own zone: a day, or a second of it.

As reports show dates in whole seconds, what is asked for from one to another is all that is shown with a date
between the two, both included.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, tzinfo

from wallet.errors import InvalidInput

PATTERN = "[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}:[0-9]{2})?"

_WRITTEN = re.compile(PATTERN)
_DAY_LENGTH = len("2026-11-05")


def start(field: str, text: str, zone: tzinfo) -> datetime:
    """Return, in UTC, when what ``text`` names begins.

    Raises:
        InvalidInput: naming ``field``, when it names nothing.
    """
    with _refusing(field):
        return _utc(_read(text), zone)


def end(field: str, text: str, zone: tzinfo) -> datetime:
    """Return, in UTC, the first moment after the day or the second that ``text`` names.

    Raises:
        InvalidInput: as ``start``.
    """
    with _refusing(field):
        local = _read(text)
        if len(text) == _DAY_LENGTH:
            return _utc(local + timedelta(days=1), zone)
        # Where clocks are put back there are two such seconds: the later one is meant, too.
        return _utc(local.replace(fold=1), zone) + timedelta(seconds=1)


def _read(text: str) -> datetime:
    if _WRITTEN.fullmatch(text) is None:
        raise ValueError(text)
    return datetime.fromisoformat(text)


def _utc(local: datetime, zone: tzinfo) -> datetime:
    return local.replace(tzinfo=zone).astimezone(UTC)


@contextmanager
def _refusing(field: str) -> Iterator[None]:
    try:
        yield
    except (ValueError, OverflowError):  # the latter at the very ends of the calendar
        message = "must be a date, such as 2026-11-05, or with a time, 2026-11-05 17:30:00"
        raise InvalidInput({field: message}) from None
