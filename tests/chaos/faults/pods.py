"""Pods whose worker, or whose master, dies or stands still."""

import os
import signal
from contextlib import suppress

from tests.chaos.faults.disturbance import Disturbance, NoTarget
from tests.chaos.faults.freezing import Freezing


class WorkerKilled(Disturbance):
    """kill -9 of the process that serves; the master starts another one."""

    name = "worker-killed"
    lasts_s = (0.5, 1.0)

    def choose(self) -> str:
        self._pid = _worker(self)
        return f"worker {self._pid}"

    def begin(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)

    def end(self) -> None:
        """The master has seen to it."""


class WorkerFrozen(Disturbance):
    """SIGSTOP of the process that serves, then SIGCONT: its transactions have run out meanwhile."""

    name = "worker-frozen"
    lasts_s = (4.0, 9.0)

    def choose(self) -> str:
        self._pid = _worker(self)
        return f"worker {self._pid}"

    def begin(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGSTOP)

    def end(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGCONT)


class PodKilled(Disturbance):
    """kill -9 of the master; its worker finds out that it is alone."""

    name = "pod-killed"
    lasts_s = (0.5, 3.0)

    def choose(self) -> str:
        self._program = self.one_of(self.stage.pods)
        return self._program.name

    def begin(self) -> None:
        self._program.held = True
        with suppress(ProcessLookupError):
            os.kill(self._program.pid, signal.SIGKILL)

    def end(self) -> None:
        self._program.kill()
        self._program.held = False


class PodFrozen(Freezing):
    """SIGSTOP of all of a pod, then SIGCONT."""

    name = "pod-frozen"
    lasts_s = (4.0, 9.0)

    def choose(self) -> str:
        self._program = self.one_of(self.stage.pods)
        return self._program.name


def _worker(fault: Disturbance) -> int:
    workers = fault.one_of(fault.stage.pods).children
    if not workers:
        raise NoTarget("the pod has no worker")
    return fault.random.choice(workers)
