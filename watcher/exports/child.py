"""The process that makes one export. It dies with the thread that started it, and so with its watcher."""

import sys
import time
from collections.abc import Callable
from typing import Any, Protocol

from wallet.export_job import Failure
from wallet.exports.outcome import Outcome
from wallet.supervisor.process import Process
from wallet.supervisor.spec import ChildSpec

LONGEST_S = 900.0
"""An attempt that takes longer is broken off: a million entries as CSV take a minute."""

_LOOK_S = 0.05
_LONGEST_LOOK_S = 0.5
_LOOK_GROWTH = 1.2

Hold = Callable[[], bool]
"""Says whether the work is to go on; called again and again while it does."""


class Maker(Protocol):
    """Makes an export, as far as the work knows."""

    def __call__(self, job_id: Any, hold: Hold, /) -> Outcome | None: ...


def make(job_id: Any, hold: Hold) -> Outcome | None:
    """Make an export in a process of its own; return ``None`` when ``hold`` said to break it off.

    What the process costs, memory and the interpreter's lock, is not the watcher's: money waits for neither.
    """
    deadline = time.monotonic() + LONGEST_S
    look_s = _LOOK_S
    process = Process(ChildSpec("export", (sys.executable, "-m", "wallet.exports", str(job_id))))
    try:
        while process.poll() is None:
            if not hold():
                return None
            if time.monotonic() > deadline:
                return Outcome(failure=Failure.TOO_SLOW, detail=f"not ready in {LONGEST_S:g} s")
            time.sleep(look_s)
            look_s = min(look_s * _LOOK_GROWTH, _LONGEST_LOOK_S)
        return Outcome.read(process.output())
    finally:
        process.kill()
