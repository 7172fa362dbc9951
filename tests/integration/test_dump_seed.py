"""Dumps: what is written can be loaded, by us and as mongorestore does it."""

from uuid import uuid4

import bson
import pytest
from bson import json_util
from bson.raw_bson import RawBSONDocument
from factories import open_wallets, queue_transfers, row_of, set_status, settle_rows, settlement_engine

from wallet import clock
from wallet.audit import audit
from wallet.errors import MalformedDocument, Unavailable
from wallet.models import WalletStatus
from wallet.store import documents
from wallet.store.client import open_database
from wallet.store.dump import dump
from wallet.store.dump_folder import BadDump
from wallet.store.inspection import INDEXES, VALIDATED, Inspection
from wallet.store.load import NotEmpty, NotMigrated, has_users, load
from wallet.store.migrate import migrate, pending_migrations

LOADED = ("users", "wallets", "entries", "transfers")
RAW = bson.CodecOptions(document_class=RawBSONDocument)
PIN_HASH = "$argon2id$under another pepper"


@pytest.fixture(scope="module")
def migrated_copy(client):
    database = open_database(client, "dompet_copy")
    migrate(database)
    yield database
    client.drop_database(database.name)


@pytest.fixture
def copy(migrated_copy):
    """An empty, migrated database beside the one of the test."""
    yield migrated_copy
    for name in (*LOADED, "locks"):
        migrated_copy[name].delete_many({})


@pytest.fixture
def unmigrated(client):
    database = open_database(client, f"dompet_{uuid4().hex[:8]}")
    yield database
    client.drop_database(database.name)


@pytest.fixture
def lives(database):
    """Transfers in every state between a few users."""
    sender, target, frozen = open_wallets(database, 3, balance=1_000)
    settled, refunded, _ = queue_transfers(database, sender, [target, frozen, target], 10)
    set_status(database, frozen, WalletStatus.FROZEN)
    settle(database, settled, refunded)
    return database


def settle(database, *transfers):
    """Do as the watcher does: credit what can be credited, refund the rest."""
    rows = [documents.transfer(row_of(database, one)) for one in transfers]
    engine = settlement_engine(database)
    engine.give_up(settle_rows(engine, rows).declined, clock.now())


def contents(database):
    return {name: list(database[name].find(sort=[("_id", 1)])) for name in LOADED}


def restore(folder, database):
    """Do what mongorestore does with a folder of one database (mongorestore/restore.go, metadata.go)."""
    for file in folder.glob("*.metadata.json"):
        metadata = json_util.loads(file.read_text(), json_options=json_util.CANONICAL_JSON_OPTIONS)
        name = metadata["collectionName"]
        database.command({"create": name, **metadata["options"]})
        if rows := bson.decode_all((folder / f"{name}.bson").read_bytes(), RAW):
            database[name].insert_many(rows)
        indexes = [
            {key: value for key, value in index.items() if key != "v"} | {"ns": f"{database.name}.{name}"}
            for index in metadata["indexes"]
            if index["name"] != "_id_"
        ]
        if indexes:
            database.command({"createIndexes": name, "indexes": indexes, "ignoreUnknownIndexOptions": True})


def test_a_dump_is_loaded_as_it_was(lives, copy, tmp_path):
    counts = dump(lives, tmp_path)
    migrations = lives["migrations"].count_documents({})
    assert counts == {"users": 3, "wallets": 3, "entries": 8, "transfers": 3, "migrations": migrations}
    assert load(copy, tmp_path, pin_hashes={}) == {name: counts[name] for name in LOADED}
    assert contents(copy) == contents(lives)
    assert audit(copy).clean


def test_mongorestore_makes_a_migrated_database_of_it(lives, unmigrated, tmp_path):
    dump(lives, tmp_path)
    restore(tmp_path / lives.name, unmigrated)
    assert contents(unmigrated) == contents(lives)
    assert pending_migrations(unmigrated) == []
    inspection = Inspection(unmigrated)
    assert inspection.indexes() == INDEXES
    assert inspection.validated() == VALIDATED
    assert audit(unmigrated).clean


def test_its_files_are_those_of_mongodump(lives, tmp_path):
    dump(lives, tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == [lives.name]
    names = sorted(file.name for file in (tmp_path / lives.name).iterdir())
    collections = ("entries", "migrations", "sessions", "transfers", "users", "wallets", "watchers")
    assert names == sorted(f"{one}.{kind}" for one in collections for kind in ("bson", "metadata.json"))
    metadata = (tmp_path / lives.name / "users.metadata.json").read_text()
    assert metadata.startswith('{"options":{"validator":{"$jsonSchema":{')
    assert (
        '"indexes":[{"v":{"$numberInt":"2"},"key":{"_id":{"$numberInt":"1"}},"name":"_id_"},'
        '{"v":{"$numberInt":"2"},"key":{"phone_number":{"$numberInt":"1"}},"name":"phone_number","unique":true}]'
    ) in metadata
    assert metadata.endswith('"collectionName":"users","type":"collection"}')
    assert len(metadata.split('"uuid":"')[1].split('"')[0]) == 32


def test_a_dump_taken_while_money_moves_is_of_one_moment(lives, copy, tmp_path):
    before = contents(lives)
    sender, *others = (wallet["_id"] for wallet in before["wallets"] if wallet["status"] == "ACTIVE")

    def move_money(rows, _title, _total, /):
        settle(lives, *queue_transfers(lives, sender, others, 1))
        return rows

    # The first collection is read before the first money moves, the others after.
    dump(lives, tmp_path, track=lambda rows, *names: move_money(iter([next(rows), *rows]), *names))
    load(copy, tmp_path, pin_hashes={})
    assert contents(copy) == before
    assert contents(lives) != before


def test_a_dump_is_never_overwritten(database, tmp_path):
    (tmp_path / database.name).mkdir()
    with pytest.raises(BadDump, match="exists already"):
        dump(database, tmp_path)


def test_a_dump_that_fails_leaves_nothing(lives, tmp_path):
    def give_up_at_transfers(rows, title, _total, /):
        if title == "transfers":
            raise Unavailable
        return rows

    with pytest.raises(Unavailable):
        dump(lives, tmp_path, track=give_up_at_transfers)
    assert list(tmp_path.iterdir()) == []


def test_a_database_without_collections_cannot_be_dumped(unmigrated, tmp_path):
    with pytest.raises(BadDump, match="dompet migrate"):
        dump(unmigrated, tmp_path)


def test_only_an_empty_database_is_loaded(lives, copy, tmp_path):
    dump(lives, tmp_path)
    load(copy, tmp_path, pin_hashes={})
    before = contents(copy)
    assert has_users(copy)
    with pytest.raises(NotEmpty):
        load(copy, tmp_path, pin_hashes={})
    assert contents(copy) == before


def test_only_a_migrated_database_is_loaded(lives, unmigrated, tmp_path):
    dump(lives, tmp_path)
    with pytest.raises(NotMigrated):
        load(unmigrated, tmp_path, pin_hashes={})
    assert unmigrated.list_collection_names() == []


@pytest.mark.parametrize("stopped_at", LOADED)
def test_a_load_that_was_cut_short_can_be_repeated(lives, copy, tmp_path, stopped_at):
    dump(lives, tmp_path)

    def stop(rows, title, _total, /):
        for number, row in enumerate(rows):
            if title == stopped_at and number == 2:
                copy[title].insert_one(row)
                raise KeyboardInterrupt
            yield row

    with pytest.raises(KeyboardInterrupt):
        load(copy, tmp_path, pin_hashes={}, track=stop)
    assert not has_users(copy)
    load(copy, tmp_path, pin_hashes={})
    assert has_users(copy)
    assert contents(copy) == contents(lives)


def test_pin_hashes_are_taken_from_the_caller_where_given(lives, copy, tmp_path):
    dump(lives, tmp_path)
    one, *others = contents(lives)["users"]
    load(copy, tmp_path, pin_hashes={one["_id"]: PIN_HASH})
    assert contents(copy)["users"] == [one | {"pin_hash": PIN_HASH}, *others]


def test_what_was_proven_of_earlier_books_is_forgotten(lives, copy, tmp_path):
    """Or the check for drift would miss wallets that are no longer meant to be there."""
    dump(lives, tmp_path)
    for name in ("proofs", "awaited", "drifts"):
        copy[name].insert_one({"_id": uuid4()})
    load(copy, tmp_path, pin_hashes={})
    assert [copy[name].count_documents({}) for name in ("proofs", "awaited", "drifts")] == [0, 0, 0]


def test_a_file_that_is_cut_short_is_refused_before_anything_is_written(lives, copy, tmp_path):
    dump(lives, tmp_path)
    file = tmp_path / lives.name / "entries.bson"
    file.write_bytes(file.read_bytes()[:-10])
    with pytest.raises(BadDump, match="cut short"):
        load(copy, tmp_path, pin_hashes={})
    assert not any(contents(copy).values())


def test_a_missing_file_is_refused(lives, copy, tmp_path):
    dump(lives, tmp_path)
    (tmp_path / lives.name / "wallets.bson").unlink()
    with pytest.raises(BadDump, match=r"wallets\.bson is missing"):
        load(copy, tmp_path, pin_hashes={})


def test_a_folder_must_hold_one_database(lives, copy, tmp_path):
    with pytest.raises(BadDump, match="found none"):
        load(copy, tmp_path, pin_hashes={})
    dump(lives, tmp_path)
    (tmp_path / "zebra").mkdir()
    (tmp_path / "zebra" / "users.bson").touch()
    with pytest.raises(BadDump, match="found dompet_test, zebra"):
        load(copy, tmp_path, pin_hashes={})


def test_a_document_that_the_validators_refuse_stops_the_load(lives, copy, tmp_path):
    dump(lives, tmp_path)
    file = tmp_path / lives.name / "wallets.bson"
    file.write_bytes(file.read_bytes().replace(b"ACTIVE", b"BROKEN"))
    with pytest.raises(MalformedDocument):
        load(copy, tmp_path, pin_hashes={})
    assert not has_users(copy)
