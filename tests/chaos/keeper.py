"""Starts what died again, as Kubernetes does with pods; what a fault holds stays as it is."""

import time
from collections.abc import Sequence
from threading import Event, Thread

from tests.chaos.program import Program

_LOOK_S = 0.2
RESTARTS_AFTER_S = 0.5


class Keeper:
    def __init__(self) -> None:
        self._programs: list[Program] = []
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="keeper", daemon=True)

    def keep(self, programs: Sequence[Program]) -> None:
        self._programs.extend(programs)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        dead_since: dict[str, float] = {}
        while not self._stopping.wait(_LOOK_S):
            for program in self._programs:
                if program.held or program.running:
                    dead_since.pop(program.name, None)
                    continue
                if (
                    time.monotonic() - dead_since.setdefault(program.name, time.monotonic())
                    >= RESTARTS_AFTER_S
                ):
                    program.deaths += 1
                    program.start()
                    del dead_since[program.name]
