"""Networks that are cut: nothing answers, nothing is refused, packets are simply gone."""

from tests.chaos.faults.disturbance import NAMESPACES, Disturbance
from tests.chaos.network import Namespaces
from tests.chaos.node import Node
from tests.chaos.program import Program


class _Cut(Disturbance):
    needs = NAMESPACES
    lasts_s = (12.0, 16.0)
    rests_s = 8.0
    _node: Node

    @property
    def network(self) -> Namespaces:
        assert isinstance(self.stage.network, Namespaces)
        return self.stage.network

    def end(self) -> None:
        self.network.heal(self._node)

    def _other_servers(self) -> list[Node]:
        return [server.node for server in self.stage.members if server.node != self._node]


class PrimaryCutOff(_Cut):
    """The primary reaches nobody but the clients on its side, whom it may tell nothing."""

    name = "cut-off-primary"

    def choose(self) -> str:
        self._node = self.primary().node
        return self._node.name

    def begin(self) -> None:
        self.network.cut(self._node, self._other_servers())


class PrimaryIsolated(_Cut):
    """The primary reaches nobody at all, neither servers nor pods nor watchers."""

    name = "isolated-primary"

    def choose(self) -> str:
        self._node = self.primary().node
        return self._node.name

    def begin(self) -> None:
        ours = [self.stage.node(program) for program in self.stage.programs]
        self.network.cut(self._node, [*self._other_servers(), *ours])


class ServerDeaf(_Cut):
    """One server hears nothing of the others, who hear it."""

    name = "deaf-server"
    lasts_s = (6.0, 12.0)

    def choose(self) -> str:
        self._node = self.random.choice([self.primary(), self.secondary()]).node
        return self._node.name

    def begin(self) -> None:
        self.network.deafen(self._node, self._other_servers())


class OursCutOff(_Cut):
    """A pod or a watcher reaches no server."""

    name = "cut-off-program"
    lasts_s = (4.0, 10.0)
    rests_s = 4.0
    _program: Program

    def choose(self) -> str:
        self._program = self.one_of(list(self.stage.programs))
        self._node = self.stage.node(self._program)
        return self._node.name

    def begin(self) -> None:
        self.network.cut(self._node, self._other_servers())
