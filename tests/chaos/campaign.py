"""Many runs, each a process in namespaces of its own, some at a time."""

import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.chaos import folders
from tests.chaos.isolation import way_in
from tests.chaos.result import Result
from wallet.local.root import PROJECT_ROOT
from wallet.supervisor.process import Process
from wallet.supervisor.spec import ChildSpec

STOP_S = 30.0
_LOOK_S = 0.1
_OVERTIME_S = 600.0
"""What a run may take besides its load."""
_DATA = "server-?"
_SHOWN = 20
"""Violations of a run, at most; all are in the report."""


@dataclass(frozen=True, slots=True)
class Job:
    """A run to be done."""

    number: int
    seed: int
    faults: str
    seconds: float
    plant: str = ""


class Playing:
    """A job under way."""

    def __init__(self, job: Job, say: Callable[[str], None]) -> None:
        self.job = job
        self.folder = folders.new()
        self._process = Process(_spec(job, self.folder), say)
        self._deadline = time.monotonic() + job.seconds + _OVERTIME_S

    @property
    def ended(self) -> bool:
        """Whether it has come to its end, or has taken so long that it never will."""
        if time.monotonic() > self._deadline:
            self.stop()
        return self._process.poll() is not None

    def stop(self) -> None:
        """Have it end in order, and end it if it does not."""
        # The whole group: whoever made the namespaces keeps its signals to itself.
        os.killpg(self._process.pid, signal.SIGTERM)
        self._process.stop(STOP_S)

    def result(self) -> Result:
        file = self.folder / folders.RESULT
        if file.exists():
            return replace(Result.of_json(json.loads(file.read_text())), folder=str(self.folder))
        said = "\n".join(self._process.output())
        return Result(
            self.job.seed,
            self.job.faults,
            self.job.seconds,
            self.job.plant,
            failure=said,
            folder=str(self.folder),
        )

    def tidy(self, *, histories: bool, data: bool) -> None:
        """Throw away what nobody is to look at."""
        if not data:
            for folder in self.folder.glob(_DATA):
                shutil.rmtree(folder, ignore_errors=True)
        if not histories:
            shutil.rmtree(self.folder, ignore_errors=True)


class Campaign:
    """Plays jobs, ``parallel`` at a time.

    Args:
        pause: sleeps for so many seconds, and raises when all should end.
        say: shows a line.
        keep: whether the folders of clean runs are kept too.
    """

    def __init__(
        self, jobs: Sequence[Job], *, parallel: int, keep: bool, pause: Callable[[float], None],
        say: Callable[[str], None],
    ) -> None:  # fmt: skip
        self._waiting = list(jobs)
        self._parallel = parallel
        self._keep = keep
        self._pause = pause
        self._say = say
        self._playing: list[Playing] = []
        self.results: list[Result] = []

    def play(self) -> None:
        """Return when all are done; whatever ``pause`` raises stops those under way."""
        folders.sweep()
        try:
            while self._waiting or self._playing:
                while self._waiting and len(self._playing) < self._parallel:
                    self._begin(self._waiting.pop(0))
                self._pause(_LOOK_S)
                for playing in [one for one in self._playing if one.ended]:
                    self._finish(playing)
        finally:
            for playing in self._playing:
                playing.stop()
                playing.tidy(histories=False, data=False)

    def _begin(self, job: Job) -> None:
        self._say(f"run {job.number}  {job.faults}  seed {job.seed}")
        self._playing.append(Playing(job, lambda line: self._say(f"run {job.number}  {line}")))

    def _finish(self, playing: Playing) -> None:
        self._playing.remove(playing)
        result = playing.result()
        self.results.append(result)
        kept = self._keep or not (result.clean or result.found)
        playing.tidy(histories=kept, data=self._keep)
        where = f"  kept in {playing.folder}" if kept else ""
        self._say(f"run {playing.job.number}  {_verdict(result)}{where}")


def _verdict(result: Result) -> str:
    if result.failure:
        return f"FAILED: {result.failure}"
    if result.found:
        return f"{result.plant} was found"
    if result.violations:
        lines = [f"  {one['promise']}: {one['what']} ({one['where']})" for one in result.violations[:_SHOWN]]
        return "\n".join([f"VIOLATIONS: {len(result.violations)}", *lines])
    kills = f"{result.watcher_kills} watchers and {result.primary_kills} primaries killed"
    return f"clean: {result.accepted:,} accepted, {kills}"


def _spec(job: Job, folder: Path) -> ChildSpec:
    way = way_in()
    argv = (
        *(sys.executable, "-m", "tests.chaos.run", "--folder", str(folder), "--seed", str(job.seed)),
        *("--seconds", str(job.seconds), "--faults", job.faults, "--plant", job.plant),
        *(("--isolated",) if way else ()),
    )
    return ChildSpec(f"run {job.number}", (*(way or ()), *argv), cwd=PROJECT_ROOT)
