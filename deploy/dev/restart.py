"""Runs a command, and again whenever the source has changed: for the inner loop only.

python deploy/dev/restart.py gunicorn --config python:service.gunicorn_conf service.wsgi:app

The command is told to stop and finishes what it began. When it ends by itself, say of a syntax error, the
next change starts it again: a container that ended would come back without the files synced into it.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOTS = ("service", "telemetry", "wallet", "watcher")
POLL_S = 0.3
STOP_S = 20.0
"""Longer than a pod or a watcher takes to finish what it began."""

Source = frozenset[tuple[Path, int, int]]


def main(argv: Sequence[str]) -> None:
    told: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: told.append(number))
    source = look()
    while not told:
        child = subprocess.Popen(argv)
        source = changed(source, told)
        stop(child)
        print("restart: the source has changed" if not told else "restart: told to stop", flush=True)


def look() -> Source:
    """Return what tells one state of the source from another."""
    return frozenset(state(file) for root in ROOTS for file in Path(root).rglob("*.py"))


def state(file: Path) -> tuple[Path, int, int]:
    try:
        found = file.stat()
    except FileNotFoundError:  # it is being replaced
        return file, 0, 0
    return file, found.st_mtime_ns, found.st_size


def changed(source: Source, told: Sequence[int]) -> Source:
    """Wait until the source is another and stands still, for it comes file by file; or until told to stop."""
    before = now = source
    while not told and (now == source or now != before):
        time.sleep(POLL_S)
        before, now = now, look()
    return now


def stop(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(STOP_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


if __name__ == "__main__":
    main(sys.argv[1:])
