"""B8: a stream that was lost is opened again from now.

The queue is swept when a watcher starts, and never again: what is queued while nobody listens is skipped.
"""

from tests.chaos.planted.patch import Patch
from watcher.sweeper import Sweeper


def plant(patch: Patch = setattr) -> None:
    rest = Sweeper._rest

    def rest_for_ever(sweeper: Sweeper, started: float) -> None:
        rest(sweeper, started)
        sweeper._next = float("inf")

    patch(Sweeper, "_rest", rest_for_ever)
    patch(Sweeper, "ask", lambda _sweeper: None)
    patch(Sweeper, "ask_whole", lambda _sweeper: None)
