"""Where the children's lines come together, each with the name of the child that wrote it."""

from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from typing import TextIO

COLOURS = (36, 35, 33, 32, 34)  # ANSI: cyan, magenta, yellow, green, blue
NAME_WIDTH = 10


class Console:
    def __init__(self, stream: TextIO, *, colour: bool) -> None:
        self._stream = stream
        self._colour = colour
        self._names: list[str] = []
        self._lock = Lock()

    def writer(self, name: str) -> Callable[[str], None]:
        """Return what writes a line under this name."""
        prefix = self._prefix(name)
        return lambda line: self.write(f"{prefix} {line}\n")

    def write(self, text: str) -> None:
        # A terminal that went away must not end the listeners: a child whose pipe is full hangs.
        with self._lock, suppress(OSError):
            self._stream.write(text)
            self._stream.flush()

    def _prefix(self, name: str) -> str:
        label = f"{name:<{NAME_WIDTH}} |"
        return f"\x1b[{self._code(name)}m{label}\x1b[0m" if self._colour else label

    def _code(self, name: str) -> int:
        if name not in self._names:
            self._names.append(name)
        return COLOURS[self._names.index(name) % len(COLOURS)]
