"""What a child process is: everything that is needed to start it, and to start it again."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class ChildSpec:
    """A child process.

    Attributes:
        name: what it is called in messages and before each line of its output.
        argv: the program and its arguments.
        env: its whole environment.
        cwd: the directory it starts in.
        log: the file it logs to, if that is not its output.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=lambda: dict(os.environ), repr=False)
    cwd: Path | None = None
    log: Path | None = None
