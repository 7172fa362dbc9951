"""``--since``: a date, or how long ago."""

import re
from datetime import UTC, datetime, timedelta

import click

from wallet.clock import now

_DURATION = re.compile(r"(\d{1,6})([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Since(click.ParamType[datetime]):
    """``90m``, ``12h``, ``3d`` ago, or ``2026-11-01`` and ``2026-11-01T08:00`` in UTC if no zone is given."""

    name = "DURATION|DATE"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        duration = _DURATION.fullmatch(value)
        try:
            if duration:
                return now() - timedelta(**{_UNITS[duration[2]]: int(duration[1])})
            date = datetime.fromisoformat(value)
        except (ValueError, OverflowError):
            self.fail(
                f"{value!r} is no duration such as 12h or 3d and no date such as 2026-11-01", param, ctx
            )
        return date if date.tzinfo else date.replace(tzinfo=UTC)
