"""Keeps child processes running, and stops them in order."""

import time
from collections.abc import Callable
from typing import NoReturn, Self

from wallet.supervisor.child import Child
from wallet.supervisor.console import Console
from wallet.supervisor.errors import JobFailed, KillRequested
from wallet.supervisor.exits import describe
from wallet.supervisor.process import Process
from wallet.supervisor.restarts import RestartPolicy
from wallet.supervisor.spec import ChildSpec

POLL_SECONDS = 0.1
GRACE_SECONDS = 15.0
RESTART_POLICY = RestartPolicy()


class Supervisor:
    """A `with` block whose children end with it, the last started first.

    Args:
        name: its own name in front of what it says.
        console: where its and its children's lines go.
        sleep: sleeps for so many seconds, and raises when all should end.
        policy: when a child that died is started again.
        grace_seconds: how long each child may take to end.
    """

    def __init__(
        self,
        name: str,
        console: Console,
        sleep: Callable[[float], None],
        policy: RestartPolicy = RESTART_POLICY,
        grace_seconds: float = GRACE_SECONDS,
    ) -> None:
        self.say = console.writer(name)
        self._console = console
        self._sleep = sleep
        self._policy = policy
        self._grace_seconds = grace_seconds
        self._children: list[Child] = []
        self._jobs: list[Process] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _type: object, exception: BaseException | None, _trace: object) -> None:
        try:
            if not isinstance(exception, KillRequested):
                self._stop()
        finally:
            self._kill()

    def start(self, spec: ChildSpec) -> None:
        """Start a child and keep it running."""
        self.keep(Process(spec, self._console.writer(spec.name)))

    def keep(self, process: Process) -> None:
        """Keep a process running that was started elsewhere."""
        sink = self._console.writer(process.spec.name)
        self._children.append(Child(process, sink, self._policy, self.say))

    def run(self, spec: ChildSpec) -> None:
        """Run a child once, to its end.

        Raises:
            JobFailed: its exit code was not 0.
        """
        job = Process(spec, self._console.writer(spec.name))
        self._jobs.append(job)
        while (returncode := job.poll()) is None:
            self.pause()
        if returncode != 0:
            raise JobFailed(f"{spec.name} {describe(returncode)}", job.last_lines())

    def run_forever(self) -> NoReturn:
        while True:
            self.pause()

    def pause(self) -> None:
        """Look after the children, then sleep a moment."""
        for child in self._children:
            child.step(time.monotonic())
        self._sleep(POLL_SECONDS)

    def _stop(self) -> None:
        for process in reversed(self._running()):
            self.say(f"stopping {process.spec.name}")
            process.stop(self._grace_seconds)

    def _kill(self) -> None:
        for process in self._running():
            process.kill()

    def _running(self) -> list[Process]:
        processes = [*(child.process for child in self._children), *self._jobs]
        return [process for process in processes if process.poll() is None]
