"""The connection, with every wait bounded and every promise about durability spelled out."""

from typing import Any

from bson import CodecOptions
from bson.binary import UuidRepresentation
from pymongo import MongoClient, ReadPreference, WriteConcern
from pymongo.database import Database
from pymongo.read_concern import ReadConcern

from wallet.store.monitoring import Monitoring
from wallet.store.observer import StoreObserver

Document = dict[str, Any]

MAJORITY = WriteConcern("majority", j=True, wtimeout=5_000)
"""A write is answered after a majority has it in its journal; milliseconds."""

CODEC = CodecOptions[Document](tz_aware=True, uuid_representation=UuidRepresentation.STANDARD)

AS_IT_CAME = CODEC.with_options(uuid_representation=UuidRepresentation.UNSPECIFIED)
"""Ids stay binary, which costs half as much; for reads that only compare them."""

OPERATION_S = 8.0
"""The longest any one operation, or one transaction with its retries, may take; seconds."""


def connect(
    uri: str, *, application: str, pool_size: int = 50, observer: StoreObserver | None = None
) -> MongoClient[Document]:
    """Return a client of the replica set at ``uri``. Make it after fork: one per process.

    Args:
        uri: a connection string; what is set here wins over options in it.
        application: the name that the server's logs and failpoints see.
        pool_size: how many connections at most; at least the number of threads plus the streams.
        observer: hears how the driver fares; without one it keeps that to itself, which costs nothing.
    """
    monitoring = Monitoring(observer) if observer else None
    client: MongoClient[Document] = MongoClient(
        uri,
        appname=application,
        maxPoolSize=pool_size,
        connectTimeoutMS=2_000,
        serverSelectionTimeoutMS=4_000,
        waitQueueTimeoutMS=4_000,
        socketTimeoutMS=10_000,
        heartbeatFrequencyMS=2_000,
        retryReads=True,
        retryWrites=True,
        tz_aware=True,
        uuidRepresentation="standard",
        event_listeners=monitoring.listeners if monitoring else [],
    )
    if monitoring:
        monitoring.watch(client)
    return client


def open_database(client: MongoClient[Document], name: str) -> Database[Document]:
    """Return the database: reads see what a majority has, from the primary; writes wait for a majority."""
    return client.get_database(
        name,
        codec_options=CODEC,
        read_preference=ReadPreference.PRIMARY,
        read_concern=ReadConcern("majority"),
        write_concern=MAJORITY,
    )
