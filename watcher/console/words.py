"""Numbers, dates and ids as people read them."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from wallet.cases import Row
from wallet.foresight import EXPLANATIONS

_UNKNOWN = "-"
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3_600, 86_400
_UNITS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def duration(seconds: float | None) -> str:
    """Return seconds in the two units that matter."""
    if seconds is None:
        return _UNKNOWN
    if seconds < 1:
        return f"{seconds * 1_000:.0f} ms"
    if seconds < _MINUTE_S:
        return f"{seconds:.1f} s"
    if seconds < _HOUR_S:
        return f"{seconds // _MINUTE_S:.0f} min {seconds % _MINUTE_S:.0f} s"
    if seconds < _DAY_S:
        return f"{seconds // _HOUR_S:.0f} h {seconds % _HOUR_S // _MINUTE_S:.0f} min"
    return f"{seconds // _DAY_S:,.0f} d {seconds % _DAY_S // _HOUR_S:.0f} h"


def brief(seconds: float) -> str:
    """Return seconds in one unit, for an axis."""
    for size, unit in ((_DAY_S, "d"), (_HOUR_S, "h"), (_MINUTE_S, "min"), (1, "s")):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1_000:.3g} ms"


def milliseconds(value: int | None) -> str:
    return "" if value is None else f"+{duration(value / 1_000)}"


def short(value: float | None) -> str:
    """Return a number for an axis: 1500 is 1.5k."""
    if value is None:
        return _UNKNOWN
    for size, unit in _UNITS:
        if value >= size:
            return f"{value / size:.3g}{unit}"
    return f"{value:.3g}" if value else "0"


def whole(value: Any) -> str:
    if value is None:
        return _UNKNOWN
    return f"{value:,.0f}" if isinstance(value, int | float) else repr(value)


def rupiah(value: Any) -> str:
    return f"Rp {whole(value)}" if isinstance(value, int | float) else whole(value)


def date(value: Any, zone: ZoneInfo) -> str:
    """Return a date in milliseconds, or whatever another hand put in its place."""
    if isinstance(value, datetime):
        return value.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    return _UNKNOWN if value is None else repr(value)


def state(row: Row) -> str:
    return "PARKED" if row.pending and row.parked else str(row.status)


def why(code: Any) -> str:
    """Return the code of a reason in words."""
    return EXPLANATIONS.get(str(code), str(code)) if code else ""


def partitions(numbers: list[int]) -> str:
    """Return numbers as ranges: 0-3, 7."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][-1] + 1:
            ranges[-1].append(number)
        else:
            ranges.append([number])
    return ", ".join(str(one[0]) if len(one) == 1 else f"{one[0]}-{one[-1]}" for one in ranges) or "none"
