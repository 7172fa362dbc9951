"""B2: the stream is the queue: what has rung is taken off it before it is done, and nobody sweeps.

There is no stored token here that could be ahead of the work. The ring is one: whoever dies with it, or
pauses, has forgotten the transfer.
"""

from tests.chaos.planted.patch import Patch
from watcher.sweeper import Sweeper


def plant(patch: Patch = setattr) -> None:
    patch(Sweeper, "due", property(lambda _sweeper: False))
