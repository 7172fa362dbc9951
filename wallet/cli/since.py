"""Moments on the command line."""

import re
from datetime import UTC, datetime, timedelta

import click

from wallet import clock

_AGO = re.compile(r"([0-9]{1,6})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Since(click.ParamType[datetime]):
    """``30m`` or ``2d`` ago, or a date in ISO 8601; without an offset it is UTC."""

    name = "when"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        text = str(value)
        ago = _AGO.fullmatch(text)
        try:
            if ago:
                return clock.now() - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
            date = datetime.fromisoformat(text)
        except (ValueError, OverflowError):
            self.fail(f"{text!r} is neither like 30m, 6h or 2d nor a date like 2026-11-25T17:00", param, ctx)
        return date if date.tzinfo else date.replace(tzinfo=UTC)
