"""A model of a replica set: one log that a majority gets to have, elections, and what they undo."""

from collections.abc import Callable
from enum import Enum

from tests.simulation.hub import Hub, Waiters
from tests.simulation.replica import Commit, Replica

MAJORITY_PATIENCE_S = 5.0
"""``wtimeout`` of the program's write concern."""

Watch = Callable[[Replica, int, Commit], None]
"""Hears of every commit: where, its place in the log, and what it wrote."""


class Answer(Enum):
    """What a write that waits for a majority hears."""

    DURABLE = "durable"
    DEPOSED = "deposed"
    LATE = "late"


class Cluster:
    """The members of the set as far as a client can tell them apart."""

    def __init__(self, hub: Hub, *, lag_s: float) -> None:
        self.hub = hub
        self.newest = Replica("mongod-1")
        """The member that is primary, or will be."""
        self.primary: Replica | None = self.newest
        self.elected: Waiters = []
        self.elections = 0
        self.rolled_back = 0
        self._lag_s = lag_s
        self._watches: list[Watch] = []
        self._elected_hooks: list[Callable[[], None]] = []

    def watch(self, committed: Watch, elected: Callable[[], None]) -> None:
        self._watches.append(committed)
        self._elected_hooks.append(elected)

    def committed(self, replica: Replica) -> None:
        """Tell of a commit, and let it travel to the other members."""
        index = len(replica.log)
        for watch in self._watches:
            watch(replica, index, replica.log[-1])
        self._replicate(replica)

    def _replicate(self, replica: Replica) -> None:
        length = len(replica.log)

        def arrived() -> None:
            if replica is self.newest and length > replica.majority:
                replica.majority = length
                self.hub.wake(replica.waiters)

        self.hub.after(self.hub.rng.random() * self._lag_s, arrived)

    def wait_durable(self, replica: Replica, index: int) -> Answer:
        """Wait, as the server does for a client, until a majority has the first ``index`` commits."""
        until = self.hub.now + MAJORITY_PATIENCE_S
        while replica.majority < index:
            if not replica.writable:
                return Answer.DEPOSED
            if self.hub.now >= until:
                return Answer.LATE
            self.hub.wait(replica.waiters, until - self.hub.now)
        return Answer.DURABLE

    def elect(self, *, keep: float, gap_s: float, stale_s: float) -> Replica | None:
        """Depose the primary. What no majority has may be undone: all but a share ``keep`` of it.

        Args:
            keep: of the commits without a majority, 0..1.
            gap_s: so long there is no primary.
            stale_s: so long the old one believes that it still is; 0 for one that knows.

        Returns:
            The old one, when it believes that it still is the primary.
        """
        old = self.newest
        length = old.majority + round((len(old.log) - old.majority) * keep)
        self.elections += 1
        self.rolled_back += len(old.log) - length
        self.hub.tell(f"election: {old.name} keeps {length} of {len(old.log)} commits")
        self.primary = None
        self.newest = old.fork(f"mongod-{self.elections + 1}", length)
        if stale_s:
            self.hub.after(stale_s, lambda: self._step_down(old))
        else:
            self._step_down(old)
        self.hub.after(gap_s, lambda: self._take_over(self.newest))
        return old if stale_s else None

    def _step_down(self, replica: Replica) -> None:
        replica.writable = False
        replica.truncate(replica.majority)
        self.hub.wake(replica.waiters)

    def _take_over(self, replica: Replica) -> None:
        if replica is not self.newest:
            return
        self.primary = replica
        replica.clock_s = self.hub.rng.uniform(-0.05, 0.05)
        self.hub.tell(f"primary: {replica.name}")
        for hook in self._elected_hooks:
            hook()
        self._replicate(replica)
        self.hub.wake(self.elected)
