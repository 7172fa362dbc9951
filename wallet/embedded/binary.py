"""Where the mongod program is."""

import shutil
from importlib.util import find_spec
from pathlib import Path

from wallet.embedded.errors import EmbeddedServerError

WHEEL_PACKAGE = "fiftyone"
PROGRAM_IN_WHEEL = Path("db", "bin", "mongod")


def find_mongod() -> Path:
    """Return the mongod of the wheel, or else the one on PATH."""
    found = mongod_in_wheel() or shutil.which("mongod")
    if found is None:
        raise EmbeddedServerError(
            "No mongod was found. On Linux x86-64 install the development dependencies, which have one "
            "(pip install --require-hashes -r requirements/dev.txt); elsewhere put a mongod on PATH; "
            "or set MONGODB_URI to the replica set that should be used."
        )
    return Path(found)


def mongod_in_wheel() -> Path | None:
    package = find_spec(WHEEL_PACKAGE)
    folders = package.submodule_search_locations if package else None
    programs = (Path(folder) / PROGRAM_IN_WHEEL for folder in folders or ())
    return next((program for program in programs if program.is_file()), None)
