"""Logins: who is in, by which refresh token, and who no longer is.

A session that ended stays until the last access token it gave out has expired: pods read from it whom to turn
away. ``ended_at`` is sparse because few have ended, and a pod asks for them four times a second.
"""

from typing import Any

from pymongo.database import Database
from pymongo.errors import CollectionInvalid

dependencies = ["m0001_collections"]

UUID = {"bsonType": "binData"}
DATE = {"bsonType": "date"}
COUNT = {"bsonType": "long", "minimum": 0}

SESSIONS = {
    "_id": UUID,
    "user": UUID,
    "token": {"bsonType": "binData"},
    "repeats": COUNT,
    "created_at": DATE,
    "expires_at": DATE,
}


def upgrade(db: Database[dict[str, Any]]) -> None:
    schema = {
        "bsonType": "object",
        "required": list(SESSIONS),
        "properties": SESSIONS | {"rotated_at": DATE, "ended_at": DATE},
        "additionalProperties": False,
    }
    options: dict[str, Any] = {"validator": {"$jsonSchema": schema}, "validationLevel": "strict"}
    try:
        db.create_collection("sessions", **options)
    except CollectionInvalid:
        db.command("collMod", "sessions", **options)
    db["sessions"].create_index([("user", 1), ("created_at", 1)], name="user_created_at")
    db["sessions"].create_index("ended_at", sparse=True, name="ended_at")
    db["sessions"].create_index("expires_at", expireAfterSeconds=0, name="forget")
    _allow(db, "users", {"logins": COUNT})


def downgrade(db: Database[dict[str, Any]]) -> None:
    raise NotImplementedError("the ledger is append-only: restore a backup instead")


def _allow(db: Database[dict[str, Any]], name: str, properties: dict[str, Any]) -> None:
    """Let documents have more fields, whatever else the validator demands by now."""
    options = next(iter(db.list_collections(filter={"name": name})))["options"]
    schema = options["validator"]["$jsonSchema"]
    schema["properties"] |= properties
    db.command("collMod", name, validator={"$jsonSchema": schema})
