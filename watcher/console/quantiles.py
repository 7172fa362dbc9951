"""Quantiles from a histogram's buckets, reckoned as Prometheus does. Pure."""

from collections.abc import Mapping
from itertools import pairwise
from math import isinf


def quantile(q: float, buckets: Mapping[float, float]) -> float | None:
    """Return the value that a share ``q`` of the observations is at most; ``None`` without observations.

    Args:
        q: the share, 0..1.
        buckets: cumulative counts by upper bound; the last bound is infinite.
    """
    bounds = sorted(buckets.items())
    if not bounds or bounds[-1][1] <= 0:
        return None
    rank = q * bounds[-1][1]
    for (lower, below), (upper, count) in pairwise([(0.0, 0.0), *bounds]):
        if count >= rank and count > below:
            return lower if isinf(upper) else lower + (upper - lower) * (rank - below) / (count - below)
    return None
