"""Who may do what in MongoDB. The table below is the one place; the roles are made of it.

Nobody may change or remove an entry, whatever the program or its operators do: the server itself refuses.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

import pymongo

from wallet.store.client import OPERATION_S, Document
from wallet.store.faults import renamed
from wallet.store.opening import Store

_READ = "find"
_ADD = "find insert"
_CHANGE = "find update"
_KEEP = "find insert update remove"


class Duty(StrEnum):
    """What a user of MongoDB is for."""

    POD = "Pod"
    WATCHER = "Watcher"
    MIGRATION = "Migration"
    OPERATOR = "Operator"


class Rights(NamedTuple):
    """The actions on one collection by duty; those of the server, separated by spaces.

    https://www.mongodb.com/docs/manual/reference/privilege-actions/
    """

    pod: str = ""
    watcher: str = ""
    migration: str = ""
    operator: str = ""

    def of(self, duty: Duty) -> list[str]:
        return str(getattr(self, duty.name.lower())).split()


COLLECTIONS: Mapping[str, Rights] = {
    "users": Rights(pod="find insert update", migration=_ADD, operator=_READ),
    "wallets": Rights(pod="find insert update", watcher=_CHANGE, migration=_ADD, operator=_CHANGE),
    "sessions": Rights(pod="find insert update", migration=_READ, operator=_READ),
    # Who tries PINs, and how often anybody comes; an operator lifts a lock.
    "guards": Rights(pod=_KEEP, migration=_READ, operator="find remove"),
    "buckets": Rights(pod="find insert update", migration=_READ, operator=_READ),
    # The ledger: what stands in it stands.
    "entries": Rights(pod="find insert changeStream", watcher=_ADD, migration=_ADD, operator=_ADD),
    "transfers": Rights(pod=_ADD, watcher="find update changeStream", migration=_ADD, operator=_CHANGE),
    # Exports that users ask for: how they get on is the watchers' to say.
    "jobs": Rights(pod=_ADD, watcher="find update changeStream", migration=_READ, operator=_READ),
    # What the check for drift remembers; a seed or a restore forgets it.
    "proofs": Rights(watcher=_KEEP, migration="find remove", operator=_KEEP),
    "awaited": Rights(watcher=_KEEP, migration="find remove", operator=_KEEP),
    "drifts": Rights(watcher=_KEEP, migration="find remove", operator=_KEEP),
    "watchers": Rights(pod=_READ, watcher=_KEEP, migration=_READ, operator=_READ),
    "migrations": Rights(pod=_READ, watcher=_READ, migration="find insert update", operator=_READ),
    "locks": Rights(watcher=_READ, migration=_KEEP, operator=_KEEP),
}
"""A line for each collection. Migrations add, for what a dump holds is loaded as their user."""

_WHOLE_DATABASE: Mapping[Duty, str] = {
    Duty.MIGRATION: "listCollections listIndexes createCollection collMod createIndex",
    Duty.OPERATOR: "listCollections listIndexes",
}
_CLUSTER: Mapping[Duty, str] = {
    # The doctor asks how long a transaction may live, and for how long a primary may be silent.
    Duty.MIGRATION: "getParameter replSetGetConfig",
    Duty.OPERATOR: "getParameter replSetGetConfig",
}
_OPLOG = {"db": "local", "collection": "oplog.rs"}


def name_of(duty: Duty, database: str) -> str:
    """Return the name of a role, such as ``dompetPod``: it lies in ``admin``, beside those of others."""
    return f"{database}{duty}"


def roles(database: str) -> list[dict[str, Any]]:
    """Return the roles for ``database``, as the operator's resource and ``createRole`` want them."""
    return [
        {
            "role": name_of(duty, database),
            "db": "admin",
            "privileges": list(_privileges(duty, database)),
            "roles": [],
        }
        for duty in Duty
    ]


def grant(database: Store) -> list[str]:
    """Make the roles, or bring them up to this release, and return their names.

    Raises:
        StoreFault: this user may not make roles.
    """
    wanted = roles(database.name)
    with renamed(), pymongo.timeout(OPERATION_S):
        admin = database.client.admin
        there = {one["role"] for one in admin.command("rolesInfo", [one["role"] for one in wanted])["roles"]}
        for one in wanted:
            command = "updateRole" if one["role"] in there else "createRole"
            admin.command(command, one["role"], privileges=one["privileges"], roles=one["roles"])
    return [one["role"] for one in wanted]


def _privileges(duty: Duty, database: str) -> Iterator[Document]:
    for collection, rights in COLLECTIONS.items():
        if actions := rights.of(duty):
            yield {"resource": {"db": database, "collection": collection}, "actions": actions}
    if duty in _WHOLE_DATABASE:
        yield {"resource": {"db": database, "collection": ""}, "actions": _WHOLE_DATABASE[duty].split()}
    if duty in _CLUSTER:
        yield {"resource": {"cluster": True}, "actions": _CLUSTER[duty].split()}
    if duty is Duty.WATCHER:
        # How far back the oplog reaches, for its metric.
        yield {"resource": _OPLOG, "actions": ["find"]}
