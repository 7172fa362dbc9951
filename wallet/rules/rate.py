"""How often something may be done: a bucket that holds so many and fills up again evenly."""

from dataclasses import dataclass

MINUTE_MS = 60_000
"""And the highest rate: dates have no less than a millisecond between them."""

MISS = 5
"""Of a rate: what a guess costs that missed. One that hit costs 1."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many ``a_minute``, and as many at once after a pause.

    The whole state of a bucket is one moment, the one when it will be full again (the generic cell rate
    algorithm): taking one moves it by ``interval_ms``, and it must not be further away than ``span_ms``.
    """

    a_minute: int

    @property
    def interval_ms(self) -> int:
        return MINUTE_MS // self.a_minute

    @property
    def span_ms(self) -> int:
        return self.interval_ms * self.a_minute
