"""The proxy of a node, as the stage sees it."""

import json
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.chaos.network import Network
from tests.chaos.node import Node
from tests.chaos.program import Program, Starter
from tests.chaos.waiting import wait_until
from wallet.embedded.ports import LOOPBACK, free_port

_START_S = 30.0
_PATIENCE_S = 5.0
_FIRST_PORT = 27_101


class GoBetween:
    """Runs at ``node``, between what runs there and the servers."""

    def __init__(  # noqa: PLR0913, PLR0917 - each is a thing it stands between
        self, name: str, node: Node, servers: Sequence[Node], network: Network, folder: Path, starter: Starter
    ) -> None:
        self._control = folder / f"{name}.sock"
        ports = [_FIRST_PORT + i if network.partitions else free_port() for i in range(len(servers))]
        self.routes: Mapping[str, str] = {
            server.host: f"{LOOPBACK}:{port}" for server, port in zip(servers, ports, strict=True)
        }
        pairs = [f"{here}={there}" for there, here in self.routes.items()]
        command = (sys.executable, "-m", "tests.chaos.proxy", "--control", str(self._control), *pairs)
        argv = network.inside(node, command)
        self.program = Program(name, lambda _patches: argv, {}, folder / f"{name}.log", starter)

    @property
    def routes_json(self) -> str:
        """The routes as ``launch`` takes them."""
        return json.dumps(self.routes)

    def start(self) -> None:
        self.program.start()
        wait_until(self._control.exists, self.program.name, within_s=_START_S)

    def lose(self, command: str, times: int, *, hang: bool = False) -> None:
        """Lose the replies to the next ``times`` commands of this name."""
        self._tell(command=command, times=times, hang=hang)

    def delay(self, command: str, seconds: float) -> None:
        self._tell(command=command, delay_s=seconds)

    def behave(self) -> None:
        self._tell(command="")

    @property
    def taken(self) -> int:
        """How many replies the last order has met."""
        return int(self._tell()["taken"])

    def _tell(self, **order: Any) -> dict[str, Any]:
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(_PATIENCE_S)
            control.connect(str(self._control))
            control.sendall(json.dumps(order).encode() + b"\n")
            answer: dict[str, Any] = json.loads(control.makefile().readline())
        return answer
