"""Wait until every process says that it is ready."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from wallet.embedded.ports import LOOPBACK
from wallet.local.errors import LocalError
from wallet.local.own_http import succeeds
from wallet.local.settings import LocalSettings
from wallet.supervisor.supervisor import Supervisor

READY_SECONDS = 60.0


@dataclass(frozen=True)
class Endpoint:
    """Where a process says whether it is ready."""

    name: str
    port: int

    def is_ready(self) -> bool:
        return succeeds(self.port, "GET", "/readyz")

    def __str__(self) -> str:
        return f"{self.name} (http://{LOOPBACK}:{self.port}/readyz)"


def endpoints(settings: LocalSettings) -> list[Endpoint]:
    watchers = range(settings.watchers)
    return [
        Endpoint("api", settings.port),
        *(Endpoint(f"watcher-{index}", settings.watcher_port(index)) for index in watchers),
    ]


def await_ready(waited_for: Sequence[Endpoint], supervisor: Supervisor) -> None:
    """Return when all are ready.

    Raises:
        LocalError: one is not, after a long time.
    """
    deadline = time.monotonic() + READY_SECONDS
    supervisor.say("waiting until everything is ready")
    while missing := [endpoint for endpoint in waited_for if not endpoint.is_ready()]:
        if time.monotonic() > deadline:
            raise LocalError(f"Not ready after {READY_SECONDS:.0f} s: {', '.join(map(str, missing))}")
        supervisor.pause()
