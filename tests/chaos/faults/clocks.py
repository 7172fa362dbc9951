"""Clocks that are wrong by an hour: of pods and watchers, never of servers."""

from pathlib import Path

from tests.chaos.faults.disturbance import FAKETIME, Disturbance

_HOUR_S = 3_600
_LIBRARIES = (
    "/usr/lib/x86_64-linux-gnu/faketime",
    "/usr/lib/aarch64-linux-gnu/faketime",
    "/usr/lib/faketime",
)


class ClockSkewed(Disturbance):
    """A pod or a watcher is started again an hour early or late."""

    name = "clock-skewed"
    needs = FAKETIME
    lasts_s = (8.0, 15.0)
    rests_s = 5.0

    def choose(self) -> str:
        self._program = self.one_of(list(self.stage.programs))
        self._offset_s = self.random.choice((-_HOUR_S, _HOUR_S))
        return f"{self._program.name} by {self._offset_s:+} s"

    def begin(self) -> None:
        self._program.held = True
        self._program.stop()
        self._program.start(
            LD_PRELOAD=library(),
            FAKETIME=f"{self._offset_s:+}s",
            # Only what people call the time is wrong: durations and the dates of files stay right.
            FAKETIME_DONT_FAKE_MONOTONIC="1",
            NO_FAKE_STAT="1",
        )

    def end(self) -> None:
        self._program.stop()
        self._program.held = False


def library() -> str:
    """Return the library to preload into a process with threads."""
    folder = next(folder for folder in _LIBRARIES if Path(folder).is_dir())
    return str(Path(folder) / "libfaketimeMT.so.1")
