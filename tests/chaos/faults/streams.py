"""Change streams that end: their collection was renamed, or what comes next is gone from the oplog."""

import signal
import time

from pymongo import WriteConcern
from pymongo.errors import PyMongoError

from tests.chaos.books import QUEUE, QUEUE_AWAY
from tests.chaos.faults.disturbance import Disturbance
from tests.chaos.stage import SERVERS
from tests.chaos.waiting import wait_until

_BACK_S = 30.0
_PAGE = bytes(range(256)) * 1024
_PAGES = 16
_FOLLOWS_MS = 20_000


class StreamInvalidated(Disturbance):
    """The queue is renamed and renamed back: every stream on it ends without an error.

    Pods write to it in transactions, which would make a new collection while it is away; so for that moment
    their inserts are refused.
    """

    name = "stream-invalidated"
    lasts_s = (0.5, 1.0)
    _DRAIN_S = 0.5
    _CONFLICT = 112

    def choose(self) -> str:
        self.primary()
        return "every watcher"

    def begin(self) -> None:
        for server in self.stage.members:
            server.fail(("insert",), "dompet-api", "alwaysOn", errorCode=self._CONFLICT)
        try:
            time.sleep(self._DRAIN_S)  # what has passed the failpoint must have ended
            self.stage.database[QUEUE].rename(QUEUE_AWAY)
            wait_until(self._back, "the queue is back", within_s=_BACK_S)
        finally:
            for server in self.stage.members:
                server.behave()

    def end(self) -> None:
        """It is over as soon as it was done."""

    def _back(self) -> bool:
        try:
            if QUEUE_AWAY in self.stage.database.list_collection_names():
                self.stage.database[QUEUE_AWAY].rename(QUEUE)
        except PyMongoError:
            return False
        return True


class OplogOverrun(Disturbance):
    """A watcher is frozen until the oplog has lost what its stream would have to read next.

    All three servers must follow: one that is away meanwhile could never come back.
    """

    name = "oplog-overrun"
    lasts_s = (0.5, 1.0)
    rests_s = 18.0  # it takes as long as it takes
    _LIMIT_S = 60.0

    def choose(self) -> str:
        self._server = self.primary()
        self._program = self.one_of(self.stage.watchers)
        return self._program.name

    def begin(self) -> None:
        self._program.held = True
        self._program.signal(signal.SIGSTOP)
        _, read_next = self._server.oplog_span()
        filler = self.stage.database.get_collection(
            "filler", write_concern=WriteConcern(SERVERS, wtimeout=_FOLLOWS_MS)
        )
        deadline = time.monotonic() + self._LIMIT_S
        while self._server.oplog_span()[0] <= read_next and time.monotonic() < deadline:
            filler.insert_many([{"page": _PAGE} for _ in range(_PAGES)])
        filler.drop()

    def end(self) -> None:
        self._program.signal(signal.SIGCONT)
        self._program.held = False
