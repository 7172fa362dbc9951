"""Real threads for work that keeps a processor busy: a worker serves everybody else on one thread."""

from collections.abc import Callable
from typing import Any

from gevent import Timeout
from gevent.threadpool import ThreadPool

from wallet.group_commit import Overloaded
from wallet.pins import Apart

_PATIENCE_S = 5.0
"""The longest that a caller waits, for a thread and for the work together."""


def on_threads(count: int) -> Apart:
    """Return what runs work on ``count`` threads, so that a flood of logins has no more than those.

    Raises:
        Overloaded: from what is returned, when a caller has waited too long.
    """
    pool = ThreadPool(count)

    def run(work: Callable[[], Any]) -> Any:
        with Timeout(_PATIENCE_S, Overloaded):
            return pool.apply(work)

    return run
