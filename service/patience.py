"""How long a request may take, and how much of that a client may spend waiting."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from flask import g

REQUEST_S = 9.0
"""For all that a request reads and writes. With what comes before and after, ten seconds are promised."""

LONGEST_WAIT_S = 8

_MARGIN_S = 0.8
"""Kept for a last look when the time is up, and for the answer."""


def granted(asked_s: int) -> int:
    """Return how many whole seconds of those asked for are left to wait; 0 is none."""
    left_s = REQUEST_S - _MARGIN_S - (perf_counter() - g.started)
    return max(0, min(asked_s, LONGEST_WAIT_S, int(left_s)))


@contextmanager
def waiting() -> Iterator[None]:
    """Take note of the time that the client wants to spend: it is not the API that is slow."""
    began = perf_counter()
    try:
        yield
    finally:
        g.waited_s = perf_counter() - began
