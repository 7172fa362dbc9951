"""Migrations: each applied once, whoever starts when, and validators that mean it."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from bson.int64 import Int64
from factories import make_entry, make_session, make_transfer, make_user, make_wallet
from pymongo.errors import WriteError

from wallet import clock
from wallet.errors import Unavailable
from wallet.models import Kind
from wallet.store import documents, migrate
from wallet.store.client import connect, open_database

VALIDATION_FAILED = 121
STARTERS = 4


@pytest.fixture
def fresh(client):
    """A database that nothing was ever applied to."""
    name = f"dompet_fresh_{uuid4().hex[:8]}"
    yield open_database(client, name)
    client.drop_database(name)


def hold_lock(database, *, seconds):
    until = clock.now() + timedelta(seconds=seconds)
    database["locks"].insert_one({"_id": "migrations", "holder": "somebody", "until": until})


def test_those_that_start_at_once_apply_each_migration_once(mongod, fresh):
    together = threading.Barrier(STARTERS)

    def start(_):
        with connect(mongod.uri, application="tests") as client:
            database = open_database(client, fresh.name)
            together.wait()
            return migrate.migrate(database)

    with ThreadPoolExecutor(STARTERS) as pool:
        applied = sorted(pool.map(start, range(STARTERS)), key=len)
    assert applied[:-1] == [[]] * (STARTERS - 1)
    assert applied[-1] == [row["name"] for row in fresh["migrations"].find()]
    assert migrate.pending_migrations(fresh) == []


def test_applying_again_does_nothing(fresh):
    assert migrate.pending_migrations(fresh) == migrate.migrate(fresh)
    before = list(fresh["migrations"].find())
    assert migrate.migrate(fresh) == []
    assert list(fresh["migrations"].find()) == before


def test_one_that_died_half_way_is_continued(fresh):
    """The collections are there, nobody noted that they are."""
    migrate.migrate(fresh)
    fresh["migrations"].delete_many({})
    assert migrate.migrate(fresh)
    assert migrate.pending_migrations(fresh) == []


def test_the_lock_of_a_dead_one_is_taken_over_after_its_lease(fresh):
    hold_lock(fresh, seconds=0.5)
    assert migrate.migrate(fresh)
    assert fresh["locks"].count_documents({}) == 0


def test_a_lock_that_is_held_for_long_is_an_error_and_nothing_is_applied(fresh, monkeypatch):
    monkeypatch.setattr(migrate, "_WAIT_S", 0.2)
    hold_lock(fresh, seconds=60)
    with pytest.raises(Unavailable, match="holds the lock"):
        migrate.migrate(fresh)
    assert migrate.pending_migrations(fresh)
    assert fresh["locks"].find_one()["holder"] == "somebody"


GOOD = {
    "users": documents.user_document(make_user()),
    "wallets": documents.wallet_document(make_wallet()),
    "entries": documents.entry_document(make_entry(kind=Kind.TRANSFER_IN, counterparty=uuid4())),
    "transfers": documents.transfer_document(make_transfer()),
    "sessions": documents.session_document(make_session()),
}

BAD = [
    ("users", {"phone_number": "+628123456789"}),
    ("users", {"phone_number": {"$ne": None}}),
    ("users", {"pin_hash": "123456"}),
    ("users", {"balance": Int64(1)}),
    ("wallets", {"balance": Int64(-1)}),
    ("wallets", {"balance": Int64(2**53)}),
    ("wallets", {"balance": 1.0}),
    ("wallets", {"balance": 1}),
    ("wallets", {"seq": Int64(-1)}),
    ("wallets", {"status": "OPEN"}),
    ("wallets", {"_id": "somebody"}),
    ("entries", {"amount": Int64(0)}),
    ("entries", {"amount": True}),
    ("entries", {"seq": Int64(0)}),
    ("entries", {"after": Int64(-1)}),
    ("entries", {"kind": "GIFT"}),
    ("entries", {"_id": {"operation": uuid4(), "side": "LEFT"}}),
    ("entries", {"_id": {"operation": uuid4(), "side": "DEBIT", "more": 1}}),
    ("entries", {"counterparty": "somebody"}),
    ("entries", {"date": "today"}),
    ("transfers", {"status": "DONE"}),
    ("transfers", {"amount": Int64(2**53)}),
    ("transfers", {"partition": Int64(64)}),
    ("transfers", {"attempts": Int64(-1)}),
    ("transfers", {"parked": "no"}),
    ("transfers", {"note": "more"}),
    ("sessions", {"token": "text"}),
    ("sessions", {"user": "somebody"}),
    ("sessions", {"repeats": Int64(-1)}),
    ("sessions", {"expires_at": "tomorrow"}),
    ("sessions", {"ended_at": None}),
    ("sessions", {"refresh_token": "text"}),
    ("users", {"logins": Int64(-1)}),
]


@pytest.mark.parametrize(("collection", "change"), BAD)
def test_validators_refuse_bad_documents(database, collection, change):
    with pytest.raises(WriteError) as refusal:
        database[collection].insert_one(GOOD[collection] | change)
    assert refusal.value.code == VALIDATION_FAILED


@pytest.mark.parametrize(
    ("collection", "field"), [(name, field) for name, row in GOOD.items() for field in row if field != "_id"]
)
def test_validators_refuse_documents_without_a_field(database, collection, field):
    row = {name: value for name, value in GOOD[collection].items() if name != field}
    with pytest.raises(WriteError) as refusal:
        database[collection].insert_one(row)
    assert refusal.value.code == VALIDATION_FAILED


@pytest.mark.forged
@pytest.mark.parametrize("collection", GOOD)
def test_validators_take_what_the_program_writes(database, collection):
    database[collection].insert_one(GOOD[collection])
