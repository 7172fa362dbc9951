"""The stream of changes as the doorbell hears it: late, doubled, with gaps, or dead."""

from dataclasses import dataclass
from typing import NamedTuple, Self

from pymongo.errors import OperationFailure

from tests.simulation.link import Link
from tests.simulation.query import Document
from tests.simulation.replica import EPOCH, Replica

AWAIT_S = 0.5


@dataclass(slots=True)
class Ringing:
    """What the stream of changes does to arrivals on the way: chances of each, and of the stream's end."""

    lost: float = 0.0
    doubled: float = 0.0
    late: float = 0.0
    dead: float = 0.0


class _Time(NamedTuple):
    time: float


class Stream:
    """The inserts into ``transfers`` that a majority has, from now on; as unreliable as it likes.

    That of a primary which is deposed goes on, and hears nothing any more.
    """

    def __init__(self, link: Link, ringing: Ringing) -> None:
        self._link = link
        self._ringing = ringing
        self._replica = self._open()
        self._next = self._replica.majority
        self._events: list[Document] = []
        self.alive = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.alive = False

    def _open(self) -> Replica:
        return self._link.repeated("watch transfers", lambda replica: (replica, 0))

    def try_next(self) -> Document | None:
        hub, ringing = self._link.hub, self._ringing
        hub.check_alive()
        if hub.rng.random() < ringing.dead:
            hub.tell("the stream breaks")
            if hub.rng.random() < 0.3:
                self.alive = False
                return None
            raise OperationFailure("ChangeStreamHistoryLost", 286, {"code": 286})
        self._read()
        if not self._events:
            hub.wait(self._replica.waiters, AWAIT_S)
            self._read()
        if not self._events:
            return None
        if hub.rng.random() < ringing.late:
            hub.sleep(hub.rng.random() * 3)
        if hub.rng.random() < ringing.doubled:
            return self._events[0]
        return self._events.pop(0)

    def _read(self) -> None:
        hub = self._link.hub
        for index in range(self._next + 1, self._replica.majority + 1):
            commit = self._replica.log[index - 1]
            for (collection, key), row in commit.writes.items():
                new = collection == "transfers" and self._replica.get(collection, key, index - 1) is None
                if new and row is not None:
                    self._heard(row, commit.date)
        self._next = max(self._next, self._replica.majority)
        hub.check_alive()

    def _heard(self, row: Document, date: float) -> None:
        if self._link.hub.rng.random() < self._ringing.lost:
            self._link.hub.tell(f"the doorbell does not ring for {row['_id']}")
            return
        arrival = {"partition": row.get("partition")}
        self._events.append(
            {
                "documentKey": {"_id": row["_id"]},
                "fullDocument": arrival,
                "clusterTime": _Time(EPOCH.timestamp() + date),
            }
        )
