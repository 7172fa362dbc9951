"""Where runs keep their files: short paths, because there are sockets in them."""

import os
import shutil
import tempfile
from pathlib import Path

RESULT = "result.json"
"""The last file that a run writes."""
ROOT = Path("/tmp")
_PREFIX = "dompet-chaos-"


def new() -> Path:
    return Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=ROOT))


def sweep(root: Path = ROOT) -> None:
    """Remove what campaigns left that were killed: nobody writes to it, and it has no result to look at."""
    for folder in root.glob(f"{_PREFIX}*-*"):
        pid = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if pid.isdigit() and not Path("/proc", pid).exists() and not (folder / RESULT).exists():
            shutil.rmtree(folder, ignore_errors=True)
