"""Servers that refuse, hang up or take their time, by their own failpoint ``failCommand``.

https://github.com/mongodb/mongo/wiki/The-failCommand-fail-point
"""

from typing import Any

from pymongo.errors import PyMongoError

from tests.chaos.faults.disturbance import Disturbance
from tests.chaos.stage import APPLICATIONS, DATABASE

_COMMANDS = ("find", "insert", "update", "commitTransaction", "findAndModify", "getMore", "aggregate")
# Shutdown, not primary, interrupted, write conflict, stepped down, host unreachable, exceeded time limit.
_CODES = (91, 10_107, 11_602, 112, 189, 6, 262)
_TIMES = (1, 20)


class _FailCommand(Disturbance):
    lasts_s = (3.0, 6.0)

    def choose(self) -> str:
        self._application = self.random.choice(APPLICATIONS)
        self._commands = self.random.sample(_COMMANDS, self.random.randint(1, 3))
        self._how = self.how()
        return f"{self._application}, {' and '.join(self._commands)}: {self._how}"

    def how(self) -> dict[str, Any]:
        raise NotImplementedError

    def begin(self) -> None:
        times = {"times": self.random.randint(*_TIMES)}
        for server in self.stage.members:
            try:
                server.fail(self._commands, self._application, times, **self._how)
            except PyMongoError:
                continue  # it is dead or frozen, and fails anyhow

    def end(self) -> None:
        for server in self.stage.members:
            server.behave()


class ServerRefuses(_FailCommand):
    """Commands are answered with an error."""

    name = "server-refuses"

    def how(self) -> dict[str, Any]:
        return {"errorCode": self.random.choice(_CODES)}


class ServerHangsUp(_FailCommand):
    """Commands are answered with a closed connection."""

    name = "server-hangs-up"

    def how(self) -> dict[str, Any]:
        return {"closeConnection": True}


class ServerSlow(_FailCommand):
    """Commands are answered late."""

    name = "server-slow"

    def how(self) -> dict[str, Any]:
        return {"blockTimeMS": self.random.choice((100, 500, 2_000))}


class CommitUnsure(_FailCommand):
    """Commits are done, and the answer is that a majority may not have them."""

    name = "server-unsure"

    def choose(self) -> str:
        super().choose()
        self._commands = ["commitTransaction"]
        return f"{self._application}: {self._how}"

    def how(self) -> dict[str, Any]:
        code = self.random.choice((91, 64, 11_602))
        return {"writeConcernError": {"code": code, "errmsg": "told to"}}


class ConnectionCutAfterWrite(Disturbance):
    """A retryable write is done, and the connection cut instead of the answer."""

    name = "server-cuts-after-write"
    lasts_s = (2.0, 5.0)
    _POINT = "onPrimaryTransactionalWrite"

    def choose(self) -> str:
        self._server = self.primary()
        return self._server.name

    def begin(self) -> None:
        times = {"times": self.random.randint(1, 5)}
        self._server.command("configureFailPoint", self._POINT, mode=times, data={"closeConnection": True})

    def end(self) -> None:
        self._server.asked("configureFailPoint", value=self._POINT, mode="off")


class StreamDead(Disturbance):
    """No watcher can open or read its change stream: only sweeps find what arrives."""

    name = "stream-dead"
    lasts_s = (10.0, 15.0)
    _FATAL = 280

    def choose(self) -> str:
        return "every watcher"

    def begin(self) -> None:
        for server in self.stage.members:
            try:
                server.fail(
                    ("aggregate", "getMore"), "dompet-watcher", "alwaysOn",
                    errorCode=self._FATAL, namespace=f"{DATABASE}.transfers",
                )  # fmt: skip
            except PyMongoError:
                continue  # as above

    def end(self) -> None:
        for server in self.stage.members:
            server.behave()


class StreamLongDead(StreamDead):
    """The same for minutes: a watcher that lives on sweeps alone must not fall behind."""

    name = "stream-long-dead"
    lasts_s = (120.0, 150.0)
