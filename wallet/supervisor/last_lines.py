"""The end of a log file."""

from pathlib import Path

LAST_LINES = 20
LAST_BYTES = 64 * 1024


def last_lines_of(log: Path) -> list[str]:
    if not log.exists():
        return []
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - LAST_BYTES))
        return file.read().decode(errors="replace").splitlines()[-LAST_LINES:]
