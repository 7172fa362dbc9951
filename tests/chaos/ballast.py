"""A disk so small that it can be filled."""

import subprocess
from contextlib import suppress
from pathlib import Path

DISK_MB = 900
"""Room for the data and the journal of a run."""
_CHUNK = bytes(1024 * 1024)


def small_disk(path: Path) -> None:
    """Mount one at ``path``; it is gone with the namespace."""
    path.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(path)], check=True)


def fill(path: Path) -> None:
    """Leave no room at ``path``."""
    with suppress(OSError), (path / "ballast").open("wb", buffering=0) as ballast:
        while True:
            ballast.write(_CHUNK)


def throw_off(path: Path) -> None:
    with suppress(FileNotFoundError):
        (path / "ballast").unlink()
