"""The oplog: how far back the server remembers. A change stream that falls further behind is lost."""

from typing import Any

from pymongo import MongoClient

from wallet.store.faults import renamed


def oplog_window_s(client: MongoClient[Any]) -> float | None:
    """Return the seconds from the oldest entry to the newest, or None where there is no oplog.

    Raises:
        StoreFault: this user may not read it.
        Unavailable: the store cannot answer now.
    """
    oplog = client["local"]["oplog.rs"]
    with renamed():
        first, last = (oplog.find_one({}, {"ts": True}, sort=[("$natural", step)]) for step in (1, -1))
    return float(last["ts"].time - first["ts"].time) if first and last else None
