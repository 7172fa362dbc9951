"""A program that stands still, and goes on in the middle of what it did."""

import signal

from tests.chaos.faults.disturbance import Disturbance
from tests.chaos.program import Program


class Freezing(Disturbance):
    """SIGSTOP, for as long as it lasts, then SIGCONT."""

    _program: Program

    def begin(self) -> None:
        self._program.held = True
        self._program.signal(signal.SIGSTOP)

    def end(self) -> None:
        self._program.signal(signal.SIGCONT)
        self._program.held = False
