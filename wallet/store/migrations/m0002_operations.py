"""What operators look for and leave behind: an index of refunds, and notes on transfers.

Not a single index of ``transfers``: see ``wallet.store.case_lists``. An entry is written once and a refund is
rare, so this one costs the others nothing.
"""

from typing import Any

from pymongo.database import Database

dependencies = ["m0001_collections"]

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
    db["entries"].create_index("date", name="refunds", partialFilterExpression={"kind": "REFUND"})


def downgrade(db: Database[dict[str, Any]]) -> None:
    raise NotImplementedError("the ledger is append-only: restore a backup instead")


def _allow(db: Database[dict[str, Any]], name: str, properties: dict[str, Any]) -> None:
    """Let documents have more fields, whatever else the validator demands by now."""
    options = next(iter(db.list_collections(filter={"name": name})))["options"]
    schema = options["validator"]["$jsonSchema"]
    schema["properties"] |= properties
    db.command("collMod", name, validator={"$jsonSchema": schema})
