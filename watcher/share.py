"""Which transfers this watcher prefers: its heart beats, and who is alive shares the partitions."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from wallet.rules.partition import PARTITIONS, owned
from wallet.store.membership import Membership
from watcher.observer import Observer

BEAT_S = 1.0
DEAD_AFTER_S = 2.5
"""A watcher that has not been heard of for so long has no partitions."""

Monotonic = Callable[[], float]


class Share:
    """One watcher's part of the partitions, and the server's time as of its last heartbeat."""

    def __init__(
        self,
        membership: Membership,
        observer: Observer,
        *,
        name: str,
        monotonic: Monotonic = time.monotonic,
    ) -> None:
        self.partitions = list(range(PARTITIONS))
        self.server_time = datetime.min.replace(tzinfo=UTC)
        self._membership = membership
        self._observer = observer
        self._name = name
        self._monotonic = monotonic
        self._next_beat = 0.0

    def beat_when_due(self) -> bool:
        """Say that this watcher lives and learn who else does; return whether its partitions changed."""
        if self._monotonic() < self._next_beat:
            return False
        roll = self._membership.beat()
        self._next_beat = self._monotonic() + BEAT_S
        self.server_time = roll.at
        before, self.partitions = self.partitions, owned(self._name, roll.alive)
        self._observer.membership(roll.alive, self.partitions)
        return self.partitions != before

    def leave(self) -> None:
        """Hand the partitions to the others at once."""
        self._membership.leave()
