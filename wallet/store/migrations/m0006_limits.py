"""Where limits are set, a wallet counts what it moved of each kind in a day and in its month."""

from typing import Any

from pymongo.database import Database

dependencies = ["m0001_collections"]

COUNT = {"bsonType": "long", "minimum": 0}
FIELDS = ("day_amount", "day_count", "month_amount", "month_count")
TALLY = {
    "bsonType": "object",
    "required": list(FIELDS),
    "properties": dict.fromkeys(FIELDS, COUNT),
    "additionalProperties": False,
}
USED = {
    "bsonType": "object",
    "required": ["day"],
    "properties": {"day": COUNT, "TOP_UP": TALLY, "PAYMENT": TALLY, "TRANSFER_OUT": TALLY},
    "additionalProperties": False,
}


def upgrade(db: Database[dict[str, Any]]) -> None:
    options = next(iter(db.list_collections(filter={"name": "wallets"})))["options"]
    schema = options["validator"]["$jsonSchema"]
    schema["properties"] |= {"used": USED}
    db.command("collMod", "wallets", validator={"$jsonSchema": schema})


def downgrade(db: Database[dict[str, Any]]) -> None:
    raise NotImplementedError("the ledger is append-only: restore a backup instead")
