"""Limits on doors that anybody may knock at: how often from one address, and from all together.

They hold over all pods. When they cannot be asked, the door stays shut. Doors that move money have none:
whoever comes there has logged in. So has who asks for an export, but that is much work for a short request:
there each user has a share.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import ceil

from service.metrics.rate_limits import RateLimitMetrics
from wallet import trail
from wallet.errors import TooManyRequests
from wallet.rules.rate import Rate
from wallet.store.buckets import Buckets


class Door(StrEnum):
    LOGIN = "login"
    REGISTER = "register"
    EXPORT = "export"


@dataclass(frozen=True, slots=True)
class RateLimit:
    """Of one door: what each address or user may do, and all of them together."""

    each: Rate
    everybody: Rate


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

    def _take(self, door: Door, scope: str, whose: str, rate: Rate) -> None:
        wait_s = self._buckets.take(f"{door}:{scope}:{whose}", rate)
        if wait_s > 0:
            refusal = TooManyRequests(max(1, ceil(wait_s)))
            self._metrics.refused(door, scope)
            trail.request_refused(door, scope, refusal.retry_after_s)
            raise refusal
