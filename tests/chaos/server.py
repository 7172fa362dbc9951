"""A mongod at a node, as the embedded one is started, but a member of a set of three."""

import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from tests.chaos.network import Network
from tests.chaos.node import Node
from tests.chaos.production import parameters
from tests.chaos.program import Program, Starter
from wallet.embedded import replica_set
from wallet.embedded.binary import find_mongod
from wallet.embedded.options import NETWORK_COMPRESSORS

_CACHE_GB = 0.25
OPLOG_MB = 32
"""Two minutes of load fit; what overruns it is written within seconds."""
_PATIENCE_MS = 3_000
_PARAMETERS = {
    **parameters(),
    "enableTestCommands": 1,
    "diagnosticDataCollectionEnabled": "false",  # nobody reads it, thrice
}


class Server:
    """A member of the set.

    Attributes:
        small: whether its disk is one that can be filled.
    """

    def __init__(self, node: Node, network: Network, folder: Path, db_path: Path, starter: Starter) -> None:
        self.node = node
        self.db_path = db_path
        self.small = db_path.is_mount()
        db_path.mkdir(parents=True, exist_ok=True)
        argv = network.inside(node, _argv(node, db_path))
        self.program = Program(node.name, lambda _patches: argv, {}, folder / f"{node.name}.log", starter)
        self._client: MongoClient[dict[str, Any]] = MongoClient(
            node.host,
            directConnection=True,
            timeoutMS=_PATIENCE_MS,
            serverSelectionTimeoutMS=_PATIENCE_MS,  # of its farewell, which has no other bound
            connect=False,
            appname="chaos-stage",
        )

    @property
    def name(self) -> str:
        return self.node.name

    def command(self, name: str, value: Any = 1, **arguments: Any) -> dict[str, Any]:
        """Tell it, primary or not.

        Raises:
            PyMongoError: it does not answer, or refuses.
        """
        return self._client.admin.command(name, value, **arguments)

    def asked(self, name: str, **arguments: Any) -> dict[str, Any]:
        """Return its answer, or nothing when it gives none."""
        try:
            return self.command(name, **arguments)
        except PyMongoError:
            return {}

    def oplog_span(self) -> tuple[Any, Any]:
        """Return the timestamps of the oldest and the newest entry of its oplog."""
        oplog = self._client["local"]["oplog.rs"]
        ends = [oplog.find_one(sort=[("$natural", way)], projection=["ts"]) for way in (1, -1)]
        return tuple(end["ts"] for end in ends if end)

    @property
    def state(self) -> str:
        """``primary``, ``secondary``, or nothing."""
        hello = self.asked("hello")
        names = {"primary": hello.get("isWritablePrimary"), "secondary": hello.get("secondary")}
        return next((name for name, holds in names.items() if holds), "")

    def start(self) -> None:
        self.program.held = False
        self.program.start()

    def kill(self) -> None:
        self.program.held = True
        self.program.kill()

    def freeze(self) -> None:
        self.program.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.program.signal(signal.SIGCONT)

    def fail(self, commands: Sequence[str], application: str, mode: Any, **how: Any) -> None:
        """Set the failpoint ``failCommand``; ``how`` is an errorCode, blockTimeMS and so on."""
        data = {"failCommands": list(commands), "appName": application, **how}
        if "blockTimeMS" in how:
            data["blockConnection"] = True
        self.command("configureFailPoint", "failCommand", mode=mode, data=data)

    def behave(self) -> None:
        """Unset the failpoint. One that is not there has none when it comes back."""
        self.asked("configureFailPoint", value="failCommand", mode="off")

    def close(self) -> None:
        self._client.close()


def _argv(node: Node, db_path: Path) -> tuple[str, ...]:
    return (
        *(str(find_mongod()), "--quiet", "--replSet", replica_set.NAME),
        # By default it has a socket in /tmp as well, by its port, which is the same at every node.
        *("--bind_ip", node.address, "--port", str(node.port), "--nounixsocket"),
        *("--dbpath", str(db_path), "--oplogSize", str(OPLOG_MB)),
        *("--wiredTigerCacheSizeGB", str(_CACHE_GB)),
        *("--networkMessageCompressors", NETWORK_COMPRESSORS),
        *(word for name, value in _PARAMETERS.items() for word in ("--setParameter", f"{name}={value}")),
    )
