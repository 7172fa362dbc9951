"""What keeps guessers out: tries of PINs by phone number, and buckets of rates by address. Both forget."""

from typing import Any

from pymongo.database import Database
from pymongo.errors import CollectionInvalid

dependencies = ["m0001_collections"]

GUARDS = {
    "_id": {"bsonType": "binData"},
    "tries": {"bsonType": "long", "minimum": 0},
    "last": {"bsonType": "binData"},
    "opens_at": {"bsonType": "date"},
    "forgotten_at": {"bsonType": "date"},
}

BUCKETS = {"_id": {"bsonType": "string"}, "full_at": {"bsonType": "date"}}


def upgrade(db: Database[dict[str, Any]]) -> None:
    _collection(db, "guards", GUARDS)
    _collection(db, "buckets", BUCKETS)
    db["guards"].create_index("forgotten_at", expireAfterSeconds=0, name="forget")
    db["buckets"].create_index("full_at", expireAfterSeconds=0, name="forget")


def downgrade(db: Database[dict[str, Any]]) -> None:
    raise NotImplementedError("a lock must outlive a release: restore a backup instead")


def _collection(db: Database[dict[str, Any]], name: str, properties: dict[str, Any]) -> None:
    schema = {
        "bsonType": "object",
        "required": list(properties),
        "properties": properties,
        "additionalProperties": False,
    }
    try:
        db.create_collection(name, validator={"$jsonSchema": schema})
    except CollectionInvalid:
        db.command("collMod", name, validator={"$jsonSchema": schema})
