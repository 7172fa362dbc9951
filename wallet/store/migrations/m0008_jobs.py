"""Exports that users ask for. Only what is not finished has a slot: two partial indexes hold just those.

``unfinished`` lets a user have one export in each slot, ``waiting`` is the queue. A month after its end an
export is forgotten. ``moderate``, so that a malformed row can still be failed.
"""

from typing import Any

from pymongo.database import Database
from pymongo.errors import CollectionInvalid

dependencies = ["m0001_collections"]

FORGOTTEN_AFTER_S = 30 * 86_400
UNFINISHED = {"slot": {"$exists": True}}

UUID = {"bsonType": "binData"}
TEXT = {"bsonType": "string"}
DATE = {"bsonType": "date"}
COUNT = {"bsonType": "long", "minimum": 0}

JOBS = {
    "_id": UUID,
    "user": UUID,
    "owner": TEXT,
    "phone": TEXT,
    "month": {"bsonType": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"},
    "seq": COUNT,
    "format": {"enum": ["csv", "pdf"]},
    "created_at": DATE,
    "request_id": TEXT,
    "state": {"enum": ["QUEUED", "RUNNING", "DONE", "FAILED"]},
    "attempts": COUNT,
    "failure": {"bsonType": ["string", "null"]},
}
LATER = {"slot": COUNT, "due": DATE, "holder": TEXT, "started_at": DATE, "finished_at": DATE, "size": COUNT}


def upgrade(db: Database[dict[str, Any]]) -> None:
    schema = {
        "bsonType": "object",
        "required": list(JOBS),
        "properties": JOBS | LATER,
        "additionalProperties": False,
    }
    options: dict[str, Any] = {"validator": {"$jsonSchema": schema}, "validationLevel": "moderate"}
    try:
        db.create_collection("jobs", **options)
    except CollectionInvalid:
        db.command("collMod", "jobs", **options)
    jobs = db["jobs"]
    jobs.create_index(
        [("user", 1), ("slot", 1)], unique=True, name="unfinished", partialFilterExpression=UNFINISHED
    )
    jobs.create_index("created_at", name="waiting", partialFilterExpression=UNFINISHED)
    jobs.create_index("finished_at", expireAfterSeconds=FORGOTTEN_AFTER_S, name="forget")


def downgrade(db: Database[dict[str, Any]]) -> None:
    raise NotImplementedError("the ledger is append-only: restore a backup instead")
