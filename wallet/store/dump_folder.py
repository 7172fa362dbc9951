"""A folder as mongodump lays it out: a folder per database, two files per collection."""

from dataclasses import dataclass
from pathlib import Path

from wallet.errors import WalletError


class BadDump(WalletError):
    """The folder does not hold what mongodump or ``dompet dump`` writes."""

    code = "bad_dump"
    message = "This is not a dump"


@dataclass(frozen=True, slots=True)
class DumpFolder:
    """The files of one database."""

    path: Path

    def bson(self, collection: str) -> Path:
        return self.path / f"{collection}.bson"

    def metadata(self, collection: str) -> Path:
        return self.path / f"{collection}.metadata.json"


def find_dump(folder: Path) -> DumpFolder:
    """Return the one database in ``folder``.

    Raises:
        BadDump: there is none, or there are several.
    """
    found = [file.parent for file in sorted(folder.glob("*/users.bson"))]
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "none"
        raise BadDump(
            f"{folder} must hold the dump of one database, such as dompet/users.bson; found {names}"
        )
    return DumpFolder(found[0])
