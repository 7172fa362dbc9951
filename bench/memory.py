"""Resident memory of processes, as Linux counts it."""

import re
from pathlib import Path

_RSS = re.compile(r"^VmRSS:\s+(\d+) kB$", re.MULTILINE)
_KIB = 1_024
_MB = 1_000_000


def rss_mb(pid: int) -> float:
    """Return the resident set of a process in MB (10^6 bytes)."""
    found = _RSS.search(Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) * _KIB / _MB if found else 0.0


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
