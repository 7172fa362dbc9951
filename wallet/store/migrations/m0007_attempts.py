"""When a transfer was picked up and parked, and which attempts at it failed: for who asks how it went."""

from typing import Any

from pymongo.database import Database

dependencies = ["m0002_operations"]

DATE = {"bsonType": "date"}
FAULTS = {
    "bsonType": "array",
    "maxItems": 16,
    "items": {
        "bsonType": "object",
        "required": ["at", "reason"],
        "properties": {"at": DATE, "reason": {"bsonType": "string"}},
        "additionalProperties": False,
    },
}


def upgrade(db: Database[dict[str, Any]]) -> None:
    options = next(iter(db.list_collections(filter={"name": "transfers"})))["options"]
    schema = options["validator"]["$jsonSchema"]
    schema["properties"] |= {"picked_up_at": DATE, "parked_at": DATE, "faults": FAULTS}
    db.command("collMod", "transfers", validator={"$jsonSchema": schema})


def downgrade(db: Database[dict[str, Any]]) -> None:
    raise NotImplementedError("the ledger is append-only: restore a backup instead")
