"""Processor time of processes, as Linux counts it."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.figure import Figure, Unit

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_USER, _SYSTEM = 11, 12
"""Where the times stand in ``/proc/<pid>/stat`` after the name, which may hold blanks."""


def processor_s(pid: int) -> float:
    """Return the seconds of processor time that all threads of a process have had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[_USER]) + int(fields[_SYSTEM])) / _TICKS_PER_S


class ProcessorTime:
    """Sums what processes spend while they are watched. ``pids`` are those that count under one name."""

    def __init__(self, pids: Mapping[str, Sequence[int]]) -> None:
        self._pids = pids
        self._spent_s = dict.fromkeys(pids, 0.0)

    @contextmanager
    def watched(self) -> Iterator[None]:
        before = self._read()
        yield
        for name, seconds in self._read().items():
            self._spent_s[name] += seconds - before[name]

    def figures(self, case: str, transfers: float) -> list[Figure]:
        """Return what a transfer took of each process, as figures of ``case``."""
        return [
            Figure(f"{case}: {name}, processor time a transfer", spent * 1e6 / transfers, Unit.MICROSECONDS)
            for name, spent in self._spent_s.items()
        ]

    def _read(self) -> dict[str, float]:
        return {name: sum(map(processor_s, pids)) for name, pids in self._pids.items()}
