"""What the check for drift remembers. It is made from the ledger and can be made again: no validators."""

from typing import Any

from pymongo.database import Database
from pymongo.errors import CollectionInvalid

dependencies = ["m0001_collections"]


def upgrade(db: Database[dict[str, Any]]) -> None:
    for name in ("proofs", "awaited", "drifts"):
        _collection(db, name)


def downgrade(db: Database[dict[str, Any]]) -> None:
    raise NotImplementedError("the ledger is append-only: restore a backup instead")


def _collection(db: Database[dict[str, Any]], name: str) -> None:
    try:
        db.create_collection(name)
    except CollectionInvalid:
        return  # made by one that died half way, or by a check that came first
