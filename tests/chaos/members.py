"""The replica set of three servers."""

from collections.abc import Sequence

from pymongo.errors import PyMongoError

from tests.chaos.production import replica_set_settings
from tests.chaos.server import Server
from tests.chaos.waiting import wait_until
from wallet.embedded import replica_set

_START_S = 90.0


class Members:
    def __init__(self, servers: Sequence[Server]) -> None:
        self.servers = servers

    def __iter__(self):
        return iter(self.servers)

    @property
    def uri(self) -> str:
        hosts = ",".join(server.node.host for server in self.servers)
        return f"mongodb://{hosts}/?replicaSet={replica_set.NAME}"

    @property
    def primary(self) -> Server | None:
        """The one that takes writes; of two that think so, the one elected last."""
        return max(
            (server for server in self.servers if server.state == "primary"),
            key=lambda server: server.asked("replSetGetStatus").get("term", 0),
            default=None,
        )

    def wait_primary(self, within_s: float = _START_S) -> Server:
        wait_until(lambda: self.primary, "a primary", within_s=within_s)
        return self.primary or self.wait_primary(within_s)

    def wait_whole(self, within_s: float = _START_S) -> None:
        """Return when one is the primary and the others follow."""
        wait_until(
            lambda: sorted(server.state for server in self.servers) == ["primary", "secondary", "secondary"],
            "a whole replica set",
            within_s=within_s,
        )

    def start(self) -> None:
        for server in self.servers:
            server.start()
        for server in self.servers:
            wait_until(lambda server=server: server.asked("hello"), server.name, within_s=_START_S)
        self._initiate()
        self.wait_whole()

    def _initiate(self) -> None:
        hosts = [{"_id": number, "host": server.node.host} for number, server in enumerate(self.servers)]
        first = self.servers[0]
        settings = replica_set_settings()
        first.command("replSetInitiate", {"_id": replica_set.NAME, "members": hosts, "settings": settings})
        # Nobody need wait for the first election timeout.
        wait_until(
            lambda: first.state == "primary" or self._step_up(first), "a first primary", within_s=_START_S
        )

    def _step_up(self, server: Server) -> bool:
        try:
            server.command("replSetStepUp")
        except PyMongoError:
            return False
        return True
