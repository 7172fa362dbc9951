"""A program at a node, which can be killed and started again there."""

import os
import signal
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from wallet.local.root import PROJECT_ROOT
from wallet.supervisor.process import Process
from wallet.supervisor.spec import ChildSpec

_STOP_S = 20.0
# Its log is a file, which costs us nothing and outlives the program.
_INTO_FILE = ("sh", "-c", 'exec "$@" >>"$0" 2>&1')


class Starter:
    """Starts processes from one thread that lives on: the kernel kills them when that thread ends."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="starter")

    def __call__(self, spec: ChildSpec) -> Process:
        return self._thread.submit(Process, spec).result()


class Program:
    """What runs at a node, one process after another.

    Attributes:
        held: whether a fault wants it as it is: dead, or started in another way.
        deaths: how often it was found dead.
        starts: how often it was started.
    """

    def __init__(
        self,
        name: str,
        argv: Callable[[Sequence[str]], Sequence[str]],
        env: Mapping[str, str],
        log: Path,
        starter: Starter,
    ) -> None:
        self.name = name
        self.log = log
        self.held = False
        self.deaths = 0
        self.starts = 0
        self._argv = argv
        self._env = env
        self._starter = starter
        self._process: Process | None = None

    @property
    def pid(self) -> int:
        if self._process is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def children(self) -> list[int]:
        """The pids of its children: the workers, if it is a pod."""
        path = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        return [int(pid) for pid in path.read_text().split()] if path.exists() else []

    def start(self, *patches: str, **env: str) -> None:
        """Start it, with what ``launch`` shall patch and what its environment shall be besides."""
        argv = (*_INTO_FILE, str(self.log), *self._argv(patches))
        self.starts += 1
        self._process = self._starter(
            ChildSpec(self.name, argv, {**os.environ, **self._env, **env}, cwd=PROJECT_ROOT)
        )

    def signal(self, number: int) -> None:
        """Send a signal to it and to all that it started."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()

    def stop(self) -> None:
        """Ask it to end, and make it."""
        if self._process is not None:
            self.signal(signal.SIGCONT)
            self._process.stop(_STOP_S)
