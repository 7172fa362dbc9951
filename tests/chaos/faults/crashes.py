"""Processes that die at a step, between any two things that accepting and executing are made of."""

from collections.abc import Mapping
from contextlib import suppress

from tests.chaos import crash_points
from tests.chaos.crash_points import Step
from tests.chaos.faults.disturbance import Disturbance
from tests.chaos.faults.forgery import forged
from tests.chaos.program import Program

_MOST_TIMES = 5


class _Crash(Disturbance):
    lasts_s = (8.0, 8.0)
    """At most: it is over when the process is dead."""
    steps: Mapping[str, Step]

    def choose(self) -> str:
        self._program = self.one_of(self._programs)
        self._step = self.random.choice(sorted(self.steps))
        self._file = self.stage.crash_file(self._program)
        return f"{self._program.name} at {self._step}"

    def begin(self) -> None:
        unborn = self._file.with_suffix(".unborn")
        unborn.write_text(f"{self._step}:{self.random.randint(1, _MOST_TIMES)}")
        unborn.rename(self._file)

    def end(self) -> None:
        with suppress(FileNotFoundError):
            self._file.unlink()

    @property
    def over(self) -> bool:
        return not self._file.exists()

    @property
    def _programs(self) -> list[Program]:
        raise NotImplementedError


class WorkerCrashed(_Crash):
    """A pod's worker dies at a step of accepting."""

    name = "worker-crashed"
    steps = crash_points.ACCEPT

    @property
    def _programs(self) -> list[Program]:
        return self.stage.pods


class WatcherCrashed(_Crash):
    """A watcher dies at a step of executing."""

    name = "watcher-crashed"
    steps = crash_points.CREDIT
    rests_s = 2.0

    @property
    def _programs(self) -> list[Program]:
        return self.stage.watchers


class RefundCrashed(_Crash):
    """Every watcher dies, in the middle of refunding or parking what cannot be credited."""

    name = "refund-crashed"
    steps = crash_points.REFUND
    rests_s = 5.0

    @property
    def _programs(self) -> list[Program]:
        return self.stage.watchers

    def begin(self) -> None:
        self._forged = forged(self.stage, self.random)
        for program in self.stage.watchers:
            self.stage.crash_file(program).write_text(f"{self._step}:1")
        self._forged.put()

    def end(self) -> None:
        for program in self.stage.watchers:
            with suppress(FileNotFoundError):
                self.stage.crash_file(program).unlink()
        self._forged.withdraw()

    @property
    def over(self) -> bool:
        return False
