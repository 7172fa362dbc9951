"""What mongod complains about in its log."""

import json
from pathlib import Path
from typing import Any

COMPLAINTS = {"E", "F"}  # mongod's severities: error and fatal


def size_of(log: Path) -> int:
    return log.stat().st_size if log.exists() else 0


def complaints_since(log: Path, offset: int) -> list[str]:
    """Return the errors that were written after the first `offset` bytes."""
    if not log.exists():
        return []
    with log.open("rb") as file:
        file.seek(offset)
        entries = [parse(line) for line in file]
    return [text(entry) for entry in entries if entry.get("s") in COMPLAINTS]


def parse(line: bytes) -> dict[str, Any]:
    try:
        entry: dict[str, Any] = json.loads(line)
    except ValueError:
        return {}  # the last line of a mongod that was killed may be cut
    return entry


def text(entry: dict[str, Any]) -> str:
    return f"{entry.get('msg')}: {json.dumps(entry.get('attr', {}))}"
