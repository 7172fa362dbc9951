"""Limits on doors that anybody may knock at: how often from one address, and from all together.

They hold over all pods. When they cannot be asked, the door stays shut. Doors that move money have none:
whoever comes there has logged in. So has who asks for an export, but that is much work for a short request:
there each user has a share. Where users ask for what they may only know already, each has a limit too, and
guesses that miss use it up faster than those that hit.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from math import ceil
from uuid import UUID

from service.metrics.rate_limits import RateLimitMetrics
from wallet import trail
from wallet.errors import TooManyRequests, Unavailable
from wallet.rules.rate import MISS, Rate
from wallet.store.buckets import Buckets


class Door(StrEnum):
    LOGIN = "login"
    REGISTER = "register"
    LOOKUP = "lookup"
    EXPORT = "export"


@dataclass(frozen=True, slots=True)
class RateLimit:
    """Of one door: what each address or user may do, all of them together, and each user who guesses."""

    each: Rate
    everybody: Rate
    guesses: Rate | None = None


class RateLimits:
    """Lets requests in at doors, as long as there is something in their buckets."""

    def __init__(self, buckets: Buckets, limits: Mapping[Door, RateLimit], metrics: RateLimitMetrics) -> None:
        self._buckets = buckets
        self._limits = limits
        self._metrics = metrics

    def admit(self, door: Door, who: str, *, scope: str = "address") -> None:
        """Count a request; its sender first, so that one that has had its share takes none of the others'.

        Args:
            door: where.
            who: an address, or the id of a user.
            scope: what ``who`` is.

        Raises:
            TooManyRequests: there were too many.
            Unavailable: nobody can tell.
        """
        limit = self._limits.get(door)
        if limit is None:
            return
        self._take(door, scope, who, limit.each)
        self._take(door, "everybody", "", limit.everybody)

    @contextmanager
    def guess(self, door: Door, user: UUID) -> Iterator[None]:
        """Count a guess of ``user``, which misses unless what is done meanwhile ends well.

        Most of a miss is taken before, so that nobody learns more by many guesses at once. What it came to is
        written either way: the time of an answer must not tell which.

        Raises:
            As ``admit``.
        """
        rate = self._limits[door].guesses if door in self._limits else None
        if rate is None:
            yield
            return
        self._take(door, "user", str(user), rate, MISS - 1)
        more = 1
        try:
            yield
            more = 2 - MISS
        except (TooManyRequests, Unavailable):
            more = 1 - MISS  # nobody has learnt anything
            raise
        finally:
            self._buckets.correct(_key(door, "user", str(user)), rate, more)

    def _take(self, door: Door, scope: str, whose: str, rate: Rate, count: int = 1) -> None:
        wait_s = self._buckets.take(_key(door, scope, whose), rate, count)
        if wait_s > 0:
            refusal = TooManyRequests(max(1, ceil(wait_s)))
            self._metrics.refused(door, scope)
            trail.request_refused(door, scope, refusal.retry_after_s)
            raise refusal


def _key(door: Door, scope: str, whose: str) -> str:
    return f"{door}:{scope}:{whose}"
