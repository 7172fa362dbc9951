"""What the inner loop runs around pod and watcher: deploy/dev/restart.py."""

import signal
import subprocess
import sys
import time

import pytest
from manifests import DEPLOY

PATIENCE_S = 20
CHILD = """
import signal, sys, time
def leave(*_):
    time.sleep(0.2)
    print("finished", flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
exec(open("service/code.py").read())
while True:
    time.sleep(0.01)
"""


class Loop:
    """restart.py around a child that runs service/code.py and then waits."""

    def __init__(self, folder):
        self._folder = folder
        for name in ("service", "telemetry", "wallet", "watcher"):
            (folder / name).mkdir()
        self.save("print('first', flush=True)")
        self._log = folder / "log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(DEPLOY / "dev/restart.py"), sys.executable, "-c", CHILD],
                cwd=folder,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def save(self, code):
        (self._folder / "service/code.py").write_text(code)

    @property
    def lines(self):
        return self._log.read_text().splitlines()

    def says(self, line):
        deadline = time.monotonic() + PATIENCE_S
        while line not in self.lines:
            assert time.monotonic() < deadline, self.lines
            time.sleep(0.02)


@pytest.fixture
def loop(tmp_path):
    loop = Loop(tmp_path)
    try:
        loop.says("first")
        yield loop
    finally:
        loop.process.send_signal(signal.SIGTERM)
        loop.process.wait(PATIENCE_S)


def test_a_save_starts_the_command_again_after_it_has_finished(loop):
    loop.save("print('second', flush=True)")
    loop.says("second")

    assert loop.lines == ["first", "finished", "restart: the source has changed", "second"]


def test_a_new_file_counts_as_a_change(loop, tmp_path):
    (tmp_path / "watcher/new.py").write_text("")

    loop.says("restart: the source has changed")


def test_a_command_that_fell_over_waits_for_the_next_save(loop):
    loop.save("no python")
    loop.says("SyntaxError: invalid syntax")
    assert loop.process.poll() is None

    loop.save("print('mended', flush=True)")
    loop.says("mended")


def test_who_is_told_to_stop_stops_the_command_first(loop):
    loop.process.send_signal(signal.SIGTERM)

    assert loop.process.wait(PATIENCE_S) == 0
    assert loop.lines == ["first", "finished", "restart: told to stop"]
