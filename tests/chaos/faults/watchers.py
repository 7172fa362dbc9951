"""Watchers that die or stand still."""

from tests.chaos.faults.disturbance import Disturbance
from tests.chaos.faults.freezing import Freezing
from tests.chaos.launch import RINGS_AGAIN_AFTER_S


class WatcherKilled(Disturbance):
    """kill -9; another process takes its place later."""

    name = "watcher-killed"
    lasts_s = (0.2, 3.0)
    rests_s = 2.0

    def choose(self) -> str:
        self._program = self.one_of(self.stage.watchers)
        return self._program.name

    def begin(self) -> None:
        self._program.held = True
        self._program.kill()

    def end(self) -> None:
        self._program.held = False


class WatcherFrozen(Freezing):
    """SIGSTOP for longer than the others wait, then SIGCONT: it wakes up in the middle of what it did."""

    name = "watcher-frozen"
    lasts_s = (5.0, 9.0)

    def choose(self) -> str:
        self._program = self.one_of(self.stage.watchers)
        return self._program.name


class ArrivalsTwice(Disturbance):
    """A watcher whose doorbell rings twice for every arrival, the second time when it is settled."""

    name = "stream-duplicated"
    lasts_s = (20 * RINGS_AGAIN_AFTER_S, 40 * RINGS_AGAIN_AFTER_S)

    def choose(self) -> str:
        self._program = self.one_of(self.stage.watchers)
        return self._program.name

    def begin(self) -> None:
        self._program.held = True
        self._program.stop()
        self._program.start("--ring-twice")

    def end(self) -> None:
        self._program.stop()
        self._program.held = False
