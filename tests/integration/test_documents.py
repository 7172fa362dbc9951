"""Models to documents and back through the real server: nothing is lost, no malformed row is believed."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import bson
import pytest
from bson import Binary, Decimal128, Int64
from factories import make_entry, make_session, make_transfer, make_user, make_wallet

from wallet import clock
from wallet.errors import MalformedDocument
from wallet.models import EntryId, Kind, Side, Tally, TransferStatus, Used, WalletStatus
from wallet.rules.money import LARGEST_CAP
from wallet.store import documents


def through_the_server(collection, document):
    """Write and read back; the validators of the migrations have their say."""
    collection.insert_one(document)
    found = collection.find_one({"_id": document["_id"]})
    collection.delete_one({"_id": document["_id"]})
    return found


@pytest.mark.parametrize("address", ["", "Jl. Kebon Sirih No. 1", "Jl. Ñandú 🐓"])
def test_a_user_comes_back_as_it_went(database, address):
    user = make_user(address=address)

    assert documents.user(through_the_server(database["users"], documents.user_document(user))) == user


def test_a_session_comes_back_as_it_went(database):
    session = make_session()
    document = documents.session_document(session)

    assert documents.session(through_the_server(database["sessions"], document)) == session


@pytest.mark.parametrize("status", WalletStatus)
@pytest.mark.parametrize("balance", [0, 1, 2**31, LARGEST_CAP])
def test_a_wallet_comes_back_as_it_went(database, balance, status):
    wallet = make_wallet(balance=balance, seq=balance, status=status)
    document = documents.wallet_document(wallet)

    assert documents.wallet(through_the_server(database["wallets"], document)) == wallet


@pytest.mark.parametrize("kinds", [[], [Kind.PAYMENT], [Kind.TOP_UP, Kind.PAYMENT, Kind.TRANSFER_OUT]])
def test_what_a_wallet_used_comes_back_as_it_went(database, kinds):
    wallet = make_wallet(used=Used(20261125, dict.fromkeys(kinds, Tally(LARGEST_CAP, 1, LARGEST_CAP, 2))))
    document = documents.wallet_document(wallet)

    assert documents.wallet(through_the_server(database["wallets"], document)) == wallet


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("amount", [1, 2**31, LARGEST_CAP])
def test_an_entry_comes_back_as_it_went(database, kind, amount):
    entry = make_entry(kind=kind, amount=amount, after=amount, counterparty=uuid4(), remarks="kopi ☕")

    assert documents.entry(through_the_server(database["entries"], documents.entry_document(entry))) == entry


def test_the_key_of_an_entry_is_the_operation_and_the_side_in_that_order():
    """Another order of the same two would be another primary key, and room for a second entry."""
    operation = uuid4()

    assert list(documents.entry_key(EntryId(operation, Side.CREDIT)).items()) == [
        ("operation", operation),
        ("side", "CREDIT"),
    ]


@pytest.mark.parametrize("status", TransferStatus)
def test_a_transfer_comes_back_as_it_went(database, status):
    transfer = make_transfer(
        status=status,
        amount=LARGEST_CAP,
        remarks="arisan",
        request_id="req-1",
        attempts=3,
        failure="receiver_not_active",
        settled_at=clock.now(),
        parked=True,
    )
    document = documents.transfer_document(transfer)

    assert documents.transfer(through_the_server(database["transfers"], document)) == transfer


def test_integers_lie_as_int64():
    """P2: a small amount too; the server would count on in 32 bits and a double in no whole rupiah."""
    raw = bson.decode(
        bson.encode({"document": documents.wallet_document(make_wallet())}, codec_options=_UUIDS)
    )

    assert isinstance(raw["document"]["balance"], Int64)
    assert isinstance(raw["document"]["seq"], Int64)
    assert isinstance(documents.entry_document(make_entry())["amount"], Int64)
    assert isinstance(documents.transfer_document(make_transfer())["amount"], Int64)


_UUIDS = bson.CodecOptions(uuid_representation=bson.binary.UuidRepresentation.STANDARD)

WRONG = {
    "_id": ["text", 7, b"bytes", Binary(b"0123456789abcdef", 3)],
    "sender": [None, "text", "b7342e8e-e8e7-4a5d-873e-b1b1bfcdeddb"],
    "target": [None, "text", {"$ne": None}],
    "amount": [None, "5", 1.0, float("nan"), float("inf"), True, Decimal128("5"), [5]],
    "remarks": [None, 5, b"bytes"],
    "status": [None, 1],
    "date": [None, "2026-01-01", 1_700_000_000],
    "partition": [None, "5", 5.0, True],
    "request_id": [None, 5],
    "attempts": [None, "0", 0.0, False],
    "parked": [None, 0, "no"],
}


@pytest.mark.parametrize(
    ("field", "value"),
    [(field, value) for field, values in WRONG.items() for value in values],
    ids=lambda part: repr(part)[:20],
)
def test_a_row_of_the_queue_with_a_wrong_field_is_refused_by_name(field, value):
    document = documents.transfer_document(make_transfer()) | {field: value}

    with pytest.raises(MalformedDocument, match=rf": {field} is not an? "):
        documents.transfer(document)


@pytest.mark.parametrize("field", WRONG)
def test_a_row_of_the_queue_without_a_field_is_refused_by_name(field):
    document = documents.transfer_document(make_transfer())
    del document[field]

    with pytest.raises(MalformedDocument, match=rf": {field} is not a"):
        documents.transfer(document)


@pytest.mark.parametrize("field", ["failure", "settled_at"])
def test_what_is_told_only_of_some_rows_may_be_missing(field):
    transfer = make_transfer()
    document = documents.transfer_document(transfer)
    del document[field]

    assert documents.transfer(document) == transfer


def test_a_field_nobody_knows_does_not_matter():
    transfer = make_transfer()

    assert documents.transfer(documents.transfer_document(transfer) | {"note": "x" * 1_000}) == transfer


def test_dates_are_utc_and_whole_milliseconds(database):
    date = datetime(2026, 1, 31, 23, 59, 59, 999_000, tzinfo=UTC)
    user = make_user(created_at=date)

    found = documents.user(through_the_server(database["users"], documents.user_document(user)))

    assert found.created_at == date
    assert found.created_at.tzinfo is not None
    assert replace(found) == user
