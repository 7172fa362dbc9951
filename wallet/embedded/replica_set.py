"""Make a lone mongod the writable primary of a replica set."""

from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

NAME = "dompet"
CONNECT_TIMEOUT_MS = 2_000
NOT_YET_INITIALIZED = 94

Client = MongoClient[dict[str, Any]]


def connect(host: str) -> Client:
    return MongoClient(
        host,
        directConnection=True,
        serverSelectionTimeoutMS=CONNECT_TIMEOUT_MS,
        timeoutMS=CONNECT_TIMEOUT_MS,
    )


def becomes_primary(client: Client, host: str, pid: int) -> bool:
    """Take the next step and say whether it was the last; errors on the way are a mongod still starting."""
    try:
        if client.admin.command("serverStatus")["pid"] != pid:
            return False  # somebody else's server has taken the port: it is not ours to configure
        configure(client, host)
        hello = client.admin.command("hello")
    except PyMongoError:
        return False
    return bool(hello["isWritablePrimary"]) and hello["me"] == host


def configure(client: Client, host: str) -> None:
    """Give new data a replica set, and data made at another host this one."""
    try:
        config = client.admin.command("replSetGetConfig")["config"]
    except OperationFailure as error:
        if error.code != NOT_YET_INITIALIZED:
            raise
        initiate(client, host)
    else:
        move(client, config, host)


def initiate(client: Client, host: str) -> None:
    client.admin.command("replSetInitiate", {"_id": NAME, "members": [{"_id": 0, "host": host}]})


def move(client: Client, config: dict[str, Any], host: str) -> None:
    if config["members"][0]["host"] == host:
        return
    config["members"][0]["host"] = host
    config["version"] += 1
    # A node that does not find itself in its own configuration has no primary to ask: only force works.
    client.admin.command("replSetReconfig", config, force=True)
