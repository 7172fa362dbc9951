"""Log lines, written a few at a time: a system call for each line costs a tenth of a busy pod's time."""

import atexit
import os
import select
import time
from collections import deque
from threading import Lock, Thread

EVERY_S = 0.05
"""What a process that is killed may leave unsaid. Warnings and worse are written at once."""

_ATOMIC = select.PIPE_BUF
"""Bytes that a pipe takes in one piece: the workers of a pod share one, and cut no line of another."""


class LineWriter:
    """Gathers lines from any thread and writes them, whole and in order, to ``fd``."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._lines: deque[bytes] = deque()
        self._writing = Lock()

    def start(self) -> None:
        """Write what gathers every few milliseconds, and the rest when the process ends."""
        Thread(target=self._flush_often, name="log-lines", daemon=True).start()
        atexit.register(self.flush)

    def later(self, line: bytes) -> None:
        self._lines.append(line + b"\n")

    def now(self, line: bytes) -> None:
        self.later(line)
        self.flush()

    def flush(self) -> None:
        with self._writing:
            while self._lines:
                self._write(self._next_piece())

    def _next_piece(self) -> bytes:
        piece = bytearray(self._lines.popleft())
        while self._lines and len(piece) + len(self._lines[0]) <= _ATOMIC:
            piece += self._lines.popleft()
        return bytes(piece)

    def _write(self, piece: bytes) -> None:
        while piece:
            piece = piece[os.write(self._fd, piece) :]

    def _flush_often(self) -> None:
        while True:
            time.sleep(EVERY_S)
            self.flush()


class LineLogger:
    """What structlog hands its finished lines to."""

    def __init__(self, writer: LineWriter) -> None:
        self.debug = self.info = self.msg = writer.later
        self.warning = self.warn = self.error = self.critical = self.exception = self.fatal = writer.now
