"""Whatever ends a campaign, nothing of it runs on."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from watching import wait_until

from wallet.local.root import PROJECT_ROOT

STARTS_WITHIN_S = 60
ENDS_WITHIN_S = 40
PROGRAMS = ("mongod", "gunicorn", "watcher", "tests.chaos.clients")


@pytest.fixture
def campaign(tmp_path):
    log = tmp_path / "log"
    argv = [sys.executable, "-m", "tests.chaos", "--seconds", "300", "--faults", "none"]
    with log.open("wb") as out:
        process = subprocess.Popen(argv, cwd=PROJECT_ROOT, stdout=out, stderr=subprocess.STDOUT)
    try:
        wait_until(lambda: "acks" in log.read_text() or process.poll() is not None, within_s=STARTS_WITHIN_S)
        assert process.poll() is None, log.read_text()
        yield process
    finally:
        process.kill()
        process.wait()


def descendants(pid):
    """The command lines of all that a process has started, and what that has started, by pid."""
    found = {}
    for child in _children(pid):
        found[child] = _command_line(child)
        found |= descendants(child)
    return found


def _children(pid):
    try:
        threads = Path(f"/proc/{pid}/task").iterdir()
        return [int(child) for one in threads for child in (one / "children").read_text().split()]
    except OSError:
        return []


def _command_line(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def alive(processes):
    return [line for pid, line in processes.items() if line and _command_line(pid) == line]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_runs_on(campaign, number):
    started = descendants(campaign.pid)
    for program in PROGRAMS:
        assert any(program in line for line in started.values()), program

    os.kill(campaign.pid, number)
    campaign.wait(ENDS_WITHIN_S)

    assert campaign.returncode == (-number if number == signal.SIGKILL else 130)
    wait_until(lambda: not alive(started), within_s=ENDS_WITHIN_S)
