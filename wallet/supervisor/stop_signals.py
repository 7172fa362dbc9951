"""SIGINT and SIGTERM: the first asks to end in order, the second to end at once."""

import signal
import time
from types import FrameType
from typing import Self

from wallet.supervisor.errors import KillRequested, StopRequested

SIGNALS = (signal.SIGINT, signal.SIGTERM)
# make and timeout pass a signal on to a process whose whole group has it already: one request, heard twice.
SAME_REQUEST_SECONDS = 0.5


class StopSignals:
    """Listens to the signals inside a `with` block."""

    def __init__(self) -> None:
        self._asked_at: float | None = None
        self._asked_again = False

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._on_signal) for number in SIGNALS}
        return self

    def __exit__(self, *_exception: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def pause(self, seconds: float) -> None:
        """Sleep.

        Raises:
            StopRequested: a signal came, before or meanwhile.
        """
        time.sleep(seconds)
        if self._asked_at is not None:
            raise StopRequested

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._asked_at is None:
            self._asked_at = now
        elif now - self._asked_at > SAME_REQUEST_SECONDS and not self._asked_again:
            self._asked_again = True
            raise KillRequested(number)
