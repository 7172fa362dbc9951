"""A new release under load: SIGTERM, one after the other, everything."""

from tests.chaos.faults.disturbance import Disturbance
from tests.chaos.program import Program


class RollingRestart(Disturbance):
    """Every pod and every watcher is asked to end, and the next one only when its successor is ready."""

    name = "rolling-restart"
    lasts_s = (1.0, 1.0)
    rests_s = 4.0
    _READY_S = 60.0

    def choose(self) -> str:
        return "every pod and watcher"

    def begin(self) -> None:
        for program in self.stage.programs:
            if not program.held:
                self._replace(program)

    def end(self) -> None:
        """All are new."""

    def _replace(self, program: Program) -> None:
        program.held = True
        program.stop()
        program.start()
        program.held = False
        self.stage.wait_ready(program, self._READY_S)


class RollingServers(Disturbance):
    """Every server is asked to end, and the next one only when the set is whole again."""

    name = "rolling-servers"
    lasts_s = (1.0, 1.0)
    rests_s = 6.0

    def choose(self) -> str:
        self.primary()
        return "every server"

    def begin(self) -> None:
        for server in self.stage.members:
            server.program.held = True
            server.program.stop()
            server.start()
            self.stage.members.wait_whole()

    def end(self) -> None:
        """All are new."""
