"""Wait until something is so."""

import time
from collections.abc import Callable

_POLL_S = 0.05


class Never(Exception):
    """It did not become so in time."""


def wait_until(true: Callable[[], object], what: str, *, within_s: float) -> None:
    """Return when ``true`` is so.

    Raises:
        Never: it took longer than ``within_s``.
    """
    deadline = time.monotonic() + within_s
    while not true():
        if time.monotonic() > deadline:
            raise Never(f"{what}: not within {within_s:g} s")
        time.sleep(_POLL_S)
