"""What operators look for and leave behind: indexes of failed and parked transfers, and notes on rows.

The indexes are partial: a transfer that is accepted and credited never enters any of them.
"""

from typing import Any

from pymongo.database import Database

dependencies = ["m0001_collections"]

FAILED = {"status": "FAILED"}
PARKED = {"status": "PENDING", "parked": True}

NOTES = {
    "bsonType": "array",
    "items": {
        "bsonType": "object",
        "required": ["action", "by", "reason", "at"],
        "properties": {
            "action": {"enum": ["retry", "fail", "park"]},
            "by": {"bsonType": "string"},
            "reason": {"bsonType": "string"},
            "at": {"bsonType": "date"},
        },
        "additionalProperties": False,
    },
}


def upgrade(db: Database[dict[str, Any]]) -> None:
    _allow(db, "transfers", {"operations": NOTES})
    transfers = db["transfers"]
    transfers.create_index([("parked", 1), ("date", 1)], name="parked", partialFilterExpression=PARKED)
    transfers.create_index([("status", 1), ("date", 1)], name="failed", partialFilterExpression=FAILED)
    for field in ("sender", "target", "request_id"):
        transfers.create_index(
            [(field, 1), ("date", 1)], name=f"failed_{field}", partialFilterExpression=FAILED
        )


def downgrade(db: Database[dict[str, Any]]) -> None:
    raise NotImplementedError("the ledger is append-only: restore a backup instead")


def _allow(db: Database[dict[str, Any]], name: str, properties: dict[str, Any]) -> None:
    """Let documents have more fields, whatever else the validator demands by now."""
    options = next(iter(db.list_collections(filter={"name": name})))["options"]
    schema = options["validator"]["$jsonSchema"]
    schema["properties"] |= properties
    db.command("collMod", name, validator={"$jsonSchema": schema})
