"""Does to the stage what the schedule says."""

import random
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event, Lock, Thread

from pymongo.errors import PyMongoError

from tests.chaos.faults import FAULTS
from tests.chaos.faults.disturbance import Disturbance, NoTarget
from tests.chaos.history import Fault, History
from tests.chaos.schedule import Turn
from tests.chaos.stage import Stage
from tests.chaos.waiting import Never

_LOOK_S = 0.05
_SHORT = 300
_IN_THE_WAY = (NoTarget, Never, PyMongoError, OSError)
"""What other faults do to one."""


class Nemesis:
    """A thread a lane.

    Attributes:
        on: the faults that are on now, and their targets.
        faults: all so far.
        skipped: those that could not be done, and why.
    """

    def __init__(self, stage: Stage, lanes: Sequence[Sequence[Turn]], file: Path) -> None:
        self.on: dict[str, str] = {}
        self.faults: list[Fault] = []
        self.skipped: list[str] = []
        self._stage = stage
        self._history = History(file)
        self._stopping = Event()
        self._lock = Lock()
        self._began = 0.0
        self._broken: Exception | None = None
        self._threads = [
            Thread(target=self._run, args=(lane,), name="nemesis", daemon=True) for lane in lanes
        ]

    def start(self) -> None:
        self._began = time.monotonic()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End what is on, begin nothing more; return when all is as it was, as far as we can tell."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        self._history.close()
        if self._broken:
            raise self._broken

    def _run(self, lane: Sequence[Turn]) -> None:
        for turn in lane:
            if self._stopping.wait(max(0.0, self._began + turn.at_s - time.monotonic())):
                return
            try:
                self._inflict(turn)
            except _IN_THE_WAY as reason:
                self.skipped.append(f"{turn.fault}: {type(reason).__name__}: {reason}"[:_SHORT])
            except Exception as fault:  # noqa: BLE001 - told when the run ends: it is ours
                self._broken = fault
                return

    def _inflict(self, turn: Turn) -> None:
        disturbance = FAULTS[turn.fault](self._stage, random.Random(turn.seed))
        target = disturbance.choose()
        fault = Fault(turn.fault, target, time.monotonic_ns())
        self._note(fault)
        self.on[turn.fault] = target
        try:
            disturbance.begin()
            self._keep_up(disturbance, time.monotonic() + turn.lasts_s)
        finally:
            self._end(disturbance)
            self._note(replace(fault, ended_ns=time.monotonic_ns()))
            del self.on[turn.fault]

    def _keep_up(self, disturbance: Disturbance, until: float) -> None:
        while time.monotonic() < until and not disturbance.over:
            if self._stopping.wait(_LOOK_S):
                return

    def _end(self, disturbance: Disturbance) -> None:
        try:
            disturbance.end()
        except _IN_THE_WAY as reason:  # what is left of it is undone when all is healed
            self.skipped.append(f"end of {disturbance.name}: {type(reason).__name__}: {reason}"[:_SHORT])

    def _note(self, fault: Fault) -> None:
        with self._lock:
            self._history.fault(fault)
            self.faults = [one for one in self.faults if one.began_ns != fault.began_ns] + [fault]
