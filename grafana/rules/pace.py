"""The durations of the rules, as they are or all shortened by one factor."""

import re

_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


class Pace:
    """Writes durations for Prometheus.

    Args:
        scale: 1 for the rules that are committed. A test that cannot wait for days takes less: 1/30 makes
            ``5m`` ten seconds. It must leave room for a few scrapes in the shortest range.
    """

    def __init__(self, scale: float = 1.0) -> None:
        self._scale = scale

    def __call__(self, duration: str) -> str:
        if self._scale == 1:
            return duration
        return f"{round(seconds(duration) * self._scale * 1_000)}ms"


def seconds(duration: str) -> int:
    """Return the seconds of ``5m``, ``2h`` or ``3d``.

    Raises:
        ValueError: it is not a number and one of s, m, h, d.
    """
    found = re.fullmatch(r"(\d+)([smhd])", duration)
    if not found:
        raise ValueError(f"{duration} is no duration")
    return int(found[1]) * _SECONDS[found[2]]
