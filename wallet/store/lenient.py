"""Decoding what this program cannot have written: a fault of one document must not hide the others."""

from collections.abc import Iterable
from typing import Any

import bson
from bson import Binary, CodecOptions
from bson.binary import UUID_SUBTYPE, UuidRepresentation
from bson.codec_options import DatetimeConversion
from bson.errors import BSONError
from bson.raw_bson import RawBSONDocument
from pymongo.collection import Collection

from wallet.errors import MalformedDocument
from wallet.models import Transfer
from wallet.store import documents
from wallet.store.client import CODEC, Document

# Queries of such a collection name rows by their uuids, which this codec can write.
RAW: CodecOptions[RawBSONDocument] = CODEC.with_options(document_class=RawBSONDocument)

# Bad UTF-8, dates beyond year 9999 ...
_LENIENT = CODEC.with_options(
    unicode_decode_error_handler="replace", datetime_conversion=DatetimeConversion.DATETIME_AUTO
)
# ... and binary data that calls itself a uuid without having the length of one.
_WITHOUT_UUIDS = _LENIENT.with_options(uuid_representation=UuidRepresentation.UNSPECIFIED)
_UUID_BYTES = 16


def transfers(collection: Collection[Document], **find: Any) -> tuple[list[Transfer], list[Any]]:
    """Return the transfers that ``find`` finds, and the ids of the rows that are none."""
    try:
        return _sorted_out(collection.find(**find))
    except BSONError:
        # One of them cannot even be decoded: find out which, one by one.
        found = collection.with_options(codec_options=RAW).find(**find)
        return _sorted_out(decode(bytes(row.raw)) for row in found)


def decode(raw: bytes) -> Document:
    """Decode the bytes of a document, from a collection read with ``RAW``, as well as can be."""
    try:
        return bson.decode(raw, _LENIENT)
    except BSONError:
        fields = bson.decode(raw, _WITHOUT_UUIDS)
        return {name: _uuid_if_it_is_one(value) for name, value in fields.items()}


def _uuid_if_it_is_one(value: object) -> object:
    if isinstance(value, Binary) and value.subtype == UUID_SUBTYPE and len(value) == _UUID_BYTES:
        return value.as_uuid()
    return value


def _sorted_out(rows: Iterable[Document]) -> tuple[list[Transfer], list[Any]]:
    sound: list[Transfer] = []
    malformed: list[Any] = []
    for row in rows:
        try:
            sound.append(documents.transfer(row))
        except MalformedDocument:
            malformed.append(row["_id"])
    return sound, malformed
