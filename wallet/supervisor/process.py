"""One run of a child: in a process group of its own, listened to, ended with all that it started."""

import os
import signal
import subprocess  # lists of arguments only  # nosec B404
import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import IO

from wallet.supervisor import tether
from wallet.supervisor.last_lines import LAST_LINES, last_lines_of
from wallet.supervisor.spec import ChildSpec

DRAIN_SECONDS = 2.0

Sink = Callable[[str], None]


def discard(_line: str) -> None:
    """Show nothing; the last lines are kept all the same."""


class Process:
    """A started child; the kernel kills it when the thread that started it dies."""

    def __init__(self, spec: ChildSpec, sink: Sink = discard) -> None:
        self.spec = spec
        self._sink = sink
        self._tail: deque[str] = deque(maxlen=LAST_LINES)
        self._process = subprocess.Popen(  # noqa: S603 - a list of arguments, no shell reads them  # nosec B603
            [sys.executable, "-I", "-S", tether.__file__, str(os.getpid()), *spec.argv],
            env=spec.env,
            cwd=spec.cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,  # Ctrl-C in the terminal reaches only the one that stops us all in order
        )
        self._ended = False
        self._listener = Thread(target=self._listen, args=(self._process.stdout,), daemon=True)
        self._listener.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def poll(self) -> int | None:
        """Return None while it runs, else its exit code, or minus the signal that ended it."""
        if self._process.poll() is not None:
            self.kill()
        return self._process.returncode

    def stop(self, grace_seconds: float) -> None:
        """Ask it to end; after the grace make it end."""
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(grace_seconds)
        self.kill()

    def kill(self) -> None:
        """End it and all that it started, at once."""
        if self._ended:
            return  # its process group may be somebody else's by now
        self._ended = True
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        self._listener.join(DRAIN_SECONDS)

    def output(self) -> list[str]:
        """Return the last lines of what it wrote."""
        return list(self._tail)

    def last_lines(self) -> list[str]:
        """Return the last lines of its log file, or of its output if it has none."""
        return last_lines_of(self.spec.log) if self.spec.log else self.output()

    def _listen(self, output: IO[str]) -> None:
        with output:
            for line in output:
                self._tail.append(line.rstrip("\n"))
                self._sink(line.rstrip("\n"))
