"""Everything that runs: three servers, two pods, watchers, and the proxies between some of them."""

import os
import random
import secrets
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tests.chaos.ballast import small_disk
from tests.chaos.evidence import Scrape
from tests.chaos.go_between import GoBetween
from tests.chaos.keeper import Keeper
from tests.chaos.members import Members
from tests.chaos.network import Loopback, Namespaces, Network
from tests.chaos.node import Node
from tests.chaos.program import Program, Starter
from tests.chaos.reach import is_ready, page
from tests.chaos.server import Server
from tests.chaos.waiting import wait_until
from wallet.local.root import PROJECT_ROOT
from wallet.store.client import Document, connect, open_database

if TYPE_CHECKING:
    from pymongo import MongoClient

    from wallet.store.opening import Store

DATABASE = "dompet"
SERVERS = 3
PODS = 2
FEWEST_WATCHERS, MOST_WATCHERS = 2, 4
BETWEEN = 1
"""The number of the pod, and of the watcher, that reach the servers through a proxy of their own."""
APPLICATIONS = ("dompet-api", "dompet-watcher")
_GUNICORN = ("gunicorn", "--config", "python:service.gunicorn_conf", "service.wsgi:app")
_READY_S = 60.0
_JOB_S = 180


class Stage:
    """What faults are done to.

    Args:
        folder: for data, logs and histories. Its path must be short: there are sockets in it.
        seed: decides how many watchers there are.
        isolated: whether this process is in namespaces of its own.
        plant: a bug of ``planted`` that everything of ours is to have.
    """

    def __init__(self, folder: Path, seed: int, *, isolated: bool, plant: str = "") -> None:
        self.folder = folder
        self.isolated = isolated
        self.network: Network = Namespaces() if isolated else Loopback()
        self.starter = Starter()
        self.keeper = Keeper()
        self.secret = secrets.token_urlsafe(32)
        self._plant = ("--plant", plant) if plant else ()
        self.members = Members([self._server(number) for number in range(SERVERS)])
        self._between: dict[str, GoBetween] = {}
        self._nodes: dict[str, Node] = {}
        count = random.Random(f"{seed}-watchers").randint(FEWEST_WATCHERS, MOST_WATCHERS)
        self.pods = [self._pod(number) for number in range(PODS)]
        self.watchers = [self._watcher(number) for number in range(count)]
        self._client: MongoClient[Document] = connect(self.members.uri, application="chaos-stage")
        self.database: Store = open_database(self._client, DATABASE)

    @property
    def programs(self) -> Sequence[Program]:
        """What is ours."""
        return [*self.pods, *self.watchers]

    @property
    def addresses(self) -> Sequence[tuple[str, int]]:
        """Where the pods are reached."""
        return [(self.node(pod).address, self.node(pod).port) for pod in self.pods]

    def node(self, program: Program) -> Node:
        return self._nodes[program.name]

    def between(self, program: Program) -> GoBetween:
        return self._between[program.name]

    def crash_file(self, program: Program) -> Path:
        """Return the file that tells ``program`` where to die."""
        return self.folder / f"{program.name}.crash"

    def open(self) -> None:
        """Start everything; return when all are ready."""
        self.members.start()
        code, said = self.dompet("migrate")
        if code != 0:
            raise RuntimeError(said)
        for between in self._between.values():
            between.start()
        for program in self.programs:
            program.start()
        for program in self.programs:
            self.wait_ready(program)
        self._children = {program.name: program.children for program in self.programs}
        self.keeper.keep([*self.programs, *(server.program for server in self.members)])
        self.keeper.start()

    def heal(self) -> None:
        """Undo whatever was done; return when everything runs as it began."""
        for program in self.programs:
            program.signal(signal.SIGCONT)
            program.held = False
        for server in self.members:
            server.thaw()
            server.program.held = False
        self.members.wait_whole()
        for server in self.members:
            server.behave()
        for program in self.programs:
            self.wait_ready(program)

    def scrapes(self) -> list[Scrape]:
        """Return the metrics of all that run."""
        pods = [self._scrape(pod, "pod", self.node(pod).metrics_port) for pod in self.pods]
        return [*pods, *(self._scrape(one, "watcher", self.node(one).port) for one in self.watchers)]

    def _scrape(self, program: Program, role: Literal["pod", "watcher"], port: int) -> Scrape:
        died = program.starts > 1 or program.children != self._children[program.name]
        return Scrape(program.name, role, page(self.node(program).address, port, "/metrics") or "", died)

    def close(self) -> None:
        """End everything, what was started last first."""
        self.keeper.stop()
        for program in self.programs:
            program.kill()
        for between in self._between.values():
            between.program.kill()
        self._client.close()
        for server in self.members:
            server.close()  # while it lives: a client says goodbye, and waits for who is dead
            server.program.kill()

    def ready(self, program: Program) -> bool:
        node = self.node(program)
        return is_ready(node.address, node.port)

    def wait_ready(self, program: Program, within_s: float = _READY_S) -> None:
        wait_until(lambda: self.ready(program), f"{program.name} is ready", within_s=within_s)

    def dompet(self, *arguments: str) -> tuple[int, str]:
        """Run the command and return its exit code and what it said."""
        argv = [sys.executable, "-m", "tests.chaos.launch", *self._plant, "--", "wallet.cli", *arguments]
        done = subprocess.run(
            argv,
            env={**os.environ, **self._env()},
            cwd=PROJECT_ROOT,
            capture_output=True,
            text=True,
            timeout=_JOB_S,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def _server(self, number: int) -> Server:
        name = f"server-{number}"
        node = self.network.join(name)
        db_path = self.folder / name
        if self.isolated and number == SERVERS - 1:
            small_disk(db_path)
        return Server(node, self.network, self.folder, db_path, self.starter)

    def _pod(self, number: int) -> Program:
        node = self._join(f"pod-{number}", behind_proxy=number == BETWEEN)
        env = {
            "PORT": str(node.port),
            "METRICS_PORT": str(node.metrics_port),
            "WORKERS": "1",
            "PROMETHEUS_MULTIPROC_DIR": str(self.folder / f"{node.name}-metrics"),
        }
        return self._program(node, _GUNICORN, env)

    def _watcher(self, number: int) -> Program:
        node = self._join(f"watcher-{number}", behind_proxy=number == BETWEEN)
        # A watcher listens at the port above that of the metrics of a pod.
        return self._program(node, ("watcher",), {"METRICS_PORT": str(node.port - 1)})

    def _join(self, name: str, *, behind_proxy: bool) -> Node:
        node = self._nodes[name] = self.network.join(name)
        if behind_proxy:
            servers = [server.node for server in self.members]
            self._between[name] = GoBetween(
                f"{name}-proxy", node, servers, self.network, self.folder, self.starter
            )
        return node

    def _program(self, node: Node, module: Sequence[str], env: Mapping[str, str]) -> Program:
        between = self._between.get(node.name)
        known = (*self._plant, "--crash-file", str(self.folder / f"{node.name}.crash"))
        routes = ("--routes", between.routes_json) if between else ()
        launch = (sys.executable, "-m", "tests.chaos.launch", *known, *routes)

        def argv(patches: Sequence[str]) -> Sequence[str]:
            return self.network.inside(node, (*launch, *patches, "--", *module))

        log = self.folder / f"{node.name}.log"
        return Program(node.name, argv, {**self._env(node), **env}, log, self.starter)

    def _env(self, node: Node | None = None) -> Mapping[str, str]:
        return {
            "MONGODB_URI": self.members.uri,
            "MONGODB_DATABASE": DATABASE,
            "JWT_SECRET": self.secret,
            "PIN_PEPPER": self.secret,
            "LISTEN_HOST": node.address if node else "",
            "LOG_LEVEL": "warning",
        }
