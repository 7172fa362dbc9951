"""Replies that get lost on their way, or come late: the write took effect and nobody was told."""

from tests.chaos.faults.disturbance import Disturbance
from tests.chaos.stage import BETWEEN

_SOME = (1, 6)
"""How many replies in a row: the driver's own retry is lost as well when there are two or more."""


class _BehindProxy(Disturbance):
    lasts_s = (3.0, 8.0)
    command = "commitTransaction"

    def choose(self) -> str:
        programs = [self.stage.pods[BETWEEN], self.stage.watchers[BETWEEN]]
        self._program = self.random.choice(programs)
        self._between = self.stage.between(self._program)
        self._times = self.random.randint(*_SOME)
        return f"{self._program.name}, {self._times} of {self.command}"

    def begin(self) -> None:
        self._between.lose(self.command, self._times, hang=self.random.random() < 0.25)

    def end(self) -> None:
        self._between.behave()


class CommitReplyLost(_BehindProxy):
    """The reply to a commit, and perhaps to the next ones."""

    name = "reply-lost-commit"


class WriteReplyLost(_BehindProxy):
    """The reply to a write inside a transaction."""

    name = "reply-lost-write"

    def choose(self) -> str:
        self.command = self.random.choice(("insert", "update"))
        return super().choose()


class BeatReplyLost(_BehindProxy):
    """The reply to a retryable write that stands alone, such as a watcher's heartbeat."""

    name = "reply-lost-beat"
    command = "findAndModify"

    def choose(self) -> str:
        self._program = self.stage.watchers[BETWEEN]
        self._between = self.stage.between(self._program)
        self._times = self.random.randint(*_SOME)
        return f"{self._program.name}, {self._times} of {self.command}"


class ReplyLate(_BehindProxy):
    """Replies to commits arrive late, some of them later than anybody waits."""

    name = "reply-late"

    def begin(self) -> None:
        self._between.delay(self.command, self.random.choice((0.2, 1.0, 5.0, 12.0)))
