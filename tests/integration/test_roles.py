"""Who may do what in MongoDB: the server itself keeps the ledger, whatever the program does.

The API of all the tests has the rights of a pod, consoles and watchers those of a watcher, the commands of
operators those of an operator: what is not in the table fails there.
"""

import re
from pathlib import Path

import pytest
from factories import open_wallet
from pymongo.errors import OperationFailure

import wallet
from wallet.store.client import connect, open_database
from wallet.store.faults import StoreFault
from wallet.store.roles import COLLECTIONS, Duty, grant, name_of, roles

UNAUTHORIZED = 13
OF_THE_SERVER = {"oplog.rs", "local"}
NAMED = re.compile(r"""(?:database|db|client)\[\s*"([\w.]+)"|get_collection\(\s*"([\w.]+)\"""")

HARM = {
    "update": lambda db: db["entries"].update_one({}, {"$set": {"amount": 1}}),
    "update many": lambda db: db["entries"].update_many({}, {"$inc": {"after": 1}}),
    "replace": lambda db: db["entries"].replace_one({}, {}),
    "upsert": lambda db: db["entries"].update_one({"_id": 1}, {"$set": {"amount": 1}}, upsert=True),
    "find and modify": lambda db: db["entries"].find_one_and_update({}, {"$set": {"amount": 1}}),
    "find and delete": lambda db: db["entries"].find_one_and_delete({}),
    "delete": lambda db: db["entries"].delete_one({}),
    "delete many": lambda db: db["entries"].delete_many({}),
    "merge": lambda db: list(db["users"].aggregate([{"$merge": {"into": "entries"}}])),
    "out": lambda db: list(db["users"].aggregate([{"$out": "entries"}])),
    "drop": lambda db: db["entries"].drop(),
    "drop the database": lambda db: db.client.drop_database(db.name),
    "rename": lambda db: db["entries"].rename("old", dropTarget=True),
    "cap": lambda db: db.command("convertToCapped", "entries", size=1),
    "drop an index": lambda db: db["entries"].drop_index("wallet_seq"),
    "no validator": lambda db: db["entries"].insert_one({"_id": 1}, bypass_document_validation=True),
    "apply operations": lambda db: db.client.admin.command(
        "applyOps", [{"op": "d", "ns": f"{db.name}.entries", "o": {"_id": 1}}]
    ),
}

ELSEWHERE = {
    "read another database": lambda db: db.client["another"]["users"].find_one(),
    "write another database": lambda db: db.client["another"]["users"].insert_one({}),
    "a collection of no table": lambda db: db["another"].insert_one({}),
    "read users of MongoDB": lambda db: db.client["admin"]["system.users"].find_one(),
    "become root": lambda db: db.client.admin.command(
        "grantRolesToUser", name_of(Duty.POD, db.name), roles=["root"]
    ),
    "make a role": lambda db: db.client.admin.command("createRole", "mine", privileges=[], roles=["root"]),
    "change a role": lambda db: db.client.admin.command(
        "updateRole", name_of(Duty.POD, db.name), roles=["root"]
    ),
    "stop the server": lambda db: db.client.admin.command("shutdown"),
    "change a parameter": lambda db: db.client.admin.command(
        "setParameter", 1, transactionLifetimeLimitSeconds=60
    ),
    "write the oplog": lambda db: db.client["local"]["oplog.rs"].insert_one({}),
}


@pytest.fixture(params=list(Duty))
def confined(request, mongod, database):
    """The database of the tests, to a user with one of the roles; somebody's entry is in it."""
    open_wallet(database, 1_000)
    with connect(mongod.uri_as(request.param, database.name), application="tests") as client:
        yield open_database(client, database.name)


@pytest.mark.parametrize("harm", HARM.values(), ids=HARM)
def test_nobody_changes_or_removes_an_entry(confined, database, harm):
    before = list(database["entries"].find())
    with pytest.raises(OperationFailure) as refusal:
        harm(confined)
    assert refusal.value.code == UNAUTHORIZED
    assert list(database["entries"].find()) == before


@pytest.mark.parametrize("errand", ELSEWHERE.values(), ids=ELSEWHERE)
def test_nobody_has_business_elsewhere(confined, errand):
    with pytest.raises(OperationFailure) as refusal:
        errand(confined)
    assert refusal.value.code == UNAUTHORIZED


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_nobody_drops_a_collection(confined, collection):
    with pytest.raises(OperationFailure) as refusal:
        confined[collection].drop()
    assert refusal.value.code == UNAUTHORIZED


def test_no_line_of_the_table_lets_anybody_change_the_ledger():
    assert {action for rights in COLLECTIONS["entries"] for action in rights.split()} == {
        *("find", "insert"),
        "changeStream",  # of pods, for those who wait: it reads
    }


@pytest.mark.parametrize("duty", [duty for duty in Duty if duty is not Duty.WATCHER])
def test_only_a_watcher_reads_the_oplog(mongod, database, duty):
    with (
        connect(mongod.uri_as(duty, database.name), application="tests") as client,
        pytest.raises(OperationFailure) as refusal,
    ):
        client["local"]["oplog.rs"].find_one()
    assert refusal.value.code == UNAUTHORIZED


def test_every_collection_that_the_program_names_is_in_the_table():
    """A new one fails here until somebody decides who may do what with it; so does a line of none."""
    root = Path(wallet.__file__).parents[1]
    files = [file for package in ("wallet", "watcher", "service") for file in (root / package).rglob("*.py")]
    source = "".join(file.read_text() for file in files if file.name != "roles.py")
    assert {one or other for one, other in NAMED.findall(source)} - OF_THE_SERVER <= set(COLLECTIONS)
    assert [name for name in COLLECTIONS if f'"{name}"' not in source] == []


def test_every_collection_that_the_migrations_make_is_in_the_table(migrated):
    assert {name for name in migrated.list_collection_names() if not name.startswith("system.")} <= set(
        COLLECTIONS
    )


def test_granting_again_takes_back_what_was_added_by_hand(client, database):
    grant(database)
    role = name_of(Duty.POD, database.name)
    extra = [{"resource": {"db": database.name, "collection": "entries"}, "actions": ["remove"]}]
    client.admin.command("grantPrivilegesToRole", role, privileges=extra)

    grant(database)

    (found,) = client.admin.command("rolesInfo", role, showPrivileges=True)["roles"]
    of_entries = [
        one["actions"] for one in found["privileges"] if one["resource"].get("collection") == "entries"
    ]
    assert [sorted(actions) for actions in of_entries] == [["changeStream", "find", "insert"]]


def test_who_may_not_make_roles_is_told_so(confined):
    with pytest.raises(StoreFault, match="not authorized"):
        grant(confined)


def test_roles_of_two_databases_are_two():
    assert {one["role"] for one in roles("one")}.isdisjoint(one["role"] for one in roles("two"))
