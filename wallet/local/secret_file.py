"""Secrets made once for this machine, and kept."""

import secrets
from collections.abc import Mapping
from pathlib import Path

NAMES = ("JWT_SECRET", "PIN_PEPPER", "CONSOLE_TOKEN")
SECRETS = "secrets.env"
"""The file's name, in the directory of the data."""
SECRET_BYTES = 32
OWNER_ONLY = 0o600


def keep_secrets(file: Path) -> dict[str, str]:
    """Return the secrets of the file, after adding those it lacks."""
    kept = read(file)
    missing = {name: secrets.token_urlsafe(SECRET_BYTES) for name in NAMES if name not in kept}
    if missing:
        write(file, kept | missing)
    return kept | missing


def read(file: Path) -> dict[str, str]:
    lines = file.read_text().splitlines() if file.exists() else []
    return {name: value for name, _, value in (line.partition("=") for line in lines)}


def write(file: Path, values: Mapping[str, str]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".draft")
    draft.touch(mode=OWNER_ONLY)
    draft.write_text("".join(f"{name}={value}\n" for name, value in values.items()))
    draft.replace(file)  # all or nothing: half a pepper would lock every user out
