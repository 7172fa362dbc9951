"""A disk without room."""

from tests.chaos import ballast
from tests.chaos.faults.disturbance import NAMESPACES, Disturbance


class DiskFull(Disturbance):
    """The disk under a server fills up; it dies of that, and comes back when there is room."""

    name = "disk-full"
    needs = NAMESPACES
    lasts_s = (6.0, 10.0)
    rests_s = 6.0

    def choose(self) -> str:
        self.primary()  # the set is whole
        self._server = next(server for server in self.stage.members if server.small)
        return f"{self._server.name}, {self._server.state}"

    def begin(self) -> None:
        self._server.program.held = True
        ballast.fill(self._server.db_path)
        # Its journal has room that it took beforehand; a checkpoint needs some now.
        self._server.asked("fsync")

    def end(self) -> None:
        ballast.throw_off(self._server.db_path)
        # Also one that lives on: what it could not write it may be waiting for.
        self._server.kill()
        self._server.start()
