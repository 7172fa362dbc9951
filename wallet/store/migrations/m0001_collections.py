"""Collections with validators, and the indexes that serve every query of the program."""

from typing import Any

from pymongo.database import Database
from pymongo.errors import CollectionInvalid

dependencies: list[str] = []

LARGEST_CAP = 2**53 - 1
"""Written out here: a migration must not change its meaning when the program does."""

UUID = {"bsonType": "binData"}
TEXT = {"bsonType": "string"}
DATE = {"bsonType": "date"}
COUNT = {"bsonType": "long", "minimum": 0}
AMOUNT = {"bsonType": "long", "minimum": 1, "maximum": LARGEST_CAP}
BALANCE = {"bsonType": "long", "minimum": 0, "maximum": LARGEST_CAP}


def _optional(schema: dict[str, Any]) -> dict[str, Any]:
    return schema | {"bsonType": [schema["bsonType"], "null"]}


USERS = {
    "_id": UUID,
    "first_name": TEXT,
    "last_name": TEXT,
    "phone_number": {"bsonType": "string", "pattern": "^08[0-9]{7,11}$"},
    "address": TEXT,
    "pin_hash": {"bsonType": "string", "pattern": r"^\$argon2id\$"},
    "created_at": DATE,
    "updated_at": DATE,
}

WALLETS = {
    "_id": UUID,
    "balance": BALANCE,
    "seq": COUNT,
    "status": {"enum": ["ACTIVE", "FROZEN", "CLOSED"]},
}

ENTRIES = {
    "_id": {
        "bsonType": "object",
        "required": ["operation", "side"],
        "properties": {"operation": UUID, "side": {"enum": ["DEBIT", "CREDIT"]}},
        "additionalProperties": False,
    },
    "wallet": UUID,
    "seq": {"bsonType": "long", "minimum": 1},
    "kind": {"enum": ["TOP_UP", "PAYMENT", "TRANSFER_OUT", "TRANSFER_IN", "REFUND"]},
    "amount": AMOUNT,
    "before": BALANCE,
    "after": BALANCE,
    "remarks": TEXT,
    "counterparty": _optional(UUID),
    "date": DATE,
}

TRANSFERS = {
    "_id": UUID,
    "sender": UUID,
    "target": UUID,
    "amount": AMOUNT,
    "remarks": TEXT,
    "status": {"enum": ["PENDING", "SUCCESS", "FAILED"]},
    "date": DATE,
    "partition": {"bsonType": "long", "minimum": 0, "maximum": 63},
    "request_id": TEXT,
    "attempts": COUNT,
    "failure": _optional(TEXT),
    "settled_at": _optional(DATE),
    "parked": {"bsonType": "bool"},
}


SMALL_PAGES = "leaf_page_max=4KB"
"""A wallet is a hundred bytes, and who pays next is anybody: with the usual 32 KB each write would take a
page of three hundred neighbours along."""


def upgrade(db: Database[dict[str, Any]]) -> None:
    _collection(db, "users", USERS)
    _collection(db, "wallets", WALLETS, pages=SMALL_PAGES)
    _collection(db, "entries", ENTRIES)
    _collection(db, "transfers", TRANSFERS, optional={"retry_at": DATE}, level="moderate")
    db["users"].create_index("phone_number", unique=True, name="phone_number")
    db["entries"].create_index([("wallet", 1), ("seq", 1)], unique=True, name="wallet_seq")
    db["transfers"].create_index(
        [("date", 1), ("partition", 1)], name="pending", partialFilterExpression={"status": "PENDING"}
    )
    db["watchers"].create_index("beat", expireAfterSeconds=3_600, name="forget")


def downgrade(db: Database[dict[str, Any]]) -> None:
    raise NotImplementedError("the ledger is append-only: restore a backup instead")


def _collection(  # noqa: PLR0913
    db: Database[dict[str, Any]],
    name: str,
    properties: dict[str, Any],
    *,
    optional: dict[str, Any] | None = None,
    level: str = "strict",
    pages: str = "",
) -> None:
    """Create or amend a collection. ``moderate`` lets a malformed row still be parked or failed."""
    schema = {
        "bsonType": "object",
        "required": list(properties),
        "properties": properties | (optional or {}),
        "additionalProperties": False,
    }
    options: dict[str, Any] = {"validator": {"$jsonSchema": schema}, "validationLevel": level}
    storage: dict[str, Any] = {"storageEngine": {"wiredTiger": {"configString": pages}}} if pages else {}
    try:
        db.create_collection(name, **options, **storage)
    except CollectionInvalid:
        db.command("collMod", name, **options)
