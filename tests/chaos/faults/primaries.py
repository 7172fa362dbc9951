"""Primaries that die, stand still or resign, and secondaries that die."""

from tests.chaos.faults.disturbance import Disturbance

_ELECTED_S = 30.0


class PrimaryKilled(Disturbance):
    """kill -9. It comes back when there is another primary."""

    name = "primary-killed"
    lasts_s = (12.0, 14.0)
    rests_s = 3.0

    def choose(self) -> str:
        self._server = self.primary()
        return self._server.name

    def begin(self) -> None:
        self._server.kill()

    def end(self) -> None:
        self._server.start()


class PrimaryFrozen(Disturbance):
    """SIGSTOP, and SIGCONT when there is another primary: for a moment there are two."""

    name = "primary-frozen"
    lasts_s = (20.0, 20.0)
    rests_s = 4.0

    def choose(self) -> str:
        self._server = self.primary()
        return self._server.name

    def begin(self) -> None:
        self._server.freeze()

    def end(self) -> None:
        self._server.thaw()


class SteppedDown(Disturbance):
    """The primary resigns in an orderly way, and may not come back at once."""

    name = "step-down"
    lasts_s = (2.0, 4.0)
    rests_s = 3.0
    _FOR_S = 20
    _CATCH_UP_S = 2

    def choose(self) -> str:
        self._server = self.primary()
        return self._server.name

    def begin(self) -> None:
        self._server.command("replSetStepDown", self._FOR_S, secondaryCatchUpPeriodSecs=self._CATCH_UP_S)

    def end(self) -> None:
        self._server.asked("replSetFreeze", value=0)


class SecondaryKilled(Disturbance):
    """kill -9; the other two go on."""

    name = "secondary-killed"
    lasts_s = (2.0, 5.0)
    rests_s = 2.0

    def choose(self) -> str:
        self._server = self.secondary()
        return self._server.name

    def begin(self) -> None:
        self._server.kill()

    def end(self) -> None:
        self._server.start()


class MajorityLost(Disturbance):
    """Both secondaries die: nobody may be told yes until one is back."""

    name = "majority-lost"
    lasts_s = (5.0, 8.0)
    rests_s = 14.0

    def choose(self) -> str:
        primary = self.primary()
        self._servers = [server for server in self.stage.members if server is not primary]
        return " and ".join(server.name for server in self._servers)

    def begin(self) -> None:
        for server in self._servers:
            server.kill()

    def end(self) -> None:
        for server in self._servers:
            server.start()


class PrimaryKilledTwice(Disturbance):
    """kill -9 of the primary, and of the next one as soon as it is elected."""

    name = "primaries-killed"
    lasts_s = (1.0, 2.0)
    rests_s = 16.0

    def choose(self) -> str:
        self._server = self.primary()
        return self._server.name

    def begin(self) -> None:
        self._server.kill()
        self._next = self.stage.members.wait_primary(_ELECTED_S)
        self._server.start()
        self._next.kill()

    def end(self) -> None:
        self._next.start()
