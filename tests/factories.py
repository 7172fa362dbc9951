"""Records with overrides and random ids, and wallets whose money came in by the front door.

The first half is pure. The second half writes through the real engines, so that the books of a test balance.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from pymongo.database import Database

from wallet import clock
from wallet.export_job import ExportJob, Format
from wallet.ledger import Declined, Posted
from wallet.models import (
    Entry,
    EntryId,
    Kind,
    Posting,
    Session,
    Transfer,
    TransferStatus,
    User,
    Wallet,
    WalletStatus,
)
from wallet.rules.money import LARGEST_CAP
from wallet.rules.partition import partition_of
from wallet.settlement import NO_DEBIT, Settlement
from wallet.store import documents
from wallet.store.client import Document
from wallet.store.posting import PostingEngine
from wallet.store.settling import SettlementEngine
from wallet.store.transactions import Transactions

Books = Database[Document]


def make_user(**overrides: Any) -> User:
    date = clock.now()
    fields = {
        "id": uuid4(),
        "first_name": "Guntur",
        "last_name": "Saputro",
        "phone_number": f"08{secrets.randbelow(10**11):011}",
        "address": "Jl. Kebon Sirih No. 1",
        "pin_hash": "$argon2id$of nobody",
        "created_at": date,
        "updated_at": date,
    }
    return User(**fields | overrides)


def make_wallet(**overrides: Any) -> Wallet:
    fields = {"id": uuid4(), "balance": 100_000, "seq": 1, "status": WalletStatus.ACTIVE}
    return Wallet(**fields | overrides)


def make_session(**overrides: Any) -> Session:
    date = clock.now()
    fields = {
        "id": uuid4(),
        "user": uuid4(),
        "token": secrets.token_bytes(32),
        "created_at": date,
        "expires_at": date + timedelta(days=30),
    }
    return Session(**fields | overrides)


def make_export(**overrides: Any) -> ExportJob:
    fields = {
        "id": uuid4(),
        "user": uuid4(),
        "owner": "Guntur Saputro",
        "phone": "0811****01",
        "month": "2026-11",
        "seq": 0,
        "format": Format.CSV,
        "created_at": clock.now(),
        "request_id": "of a test",
    }
    return ExportJob(**fields | overrides)


def make_posting(**overrides: Any) -> Posting:
    fields = {"operation": uuid4(), "kind": Kind.TOP_UP, "wallet": uuid4(), "amount": 1_000}
    return Posting(**fields | overrides)


def make_entry(**overrides: Any) -> Entry:
    fields = {
        "id": EntryId(uuid4(), overrides.get("kind", Kind.TOP_UP).side),
        "wallet": uuid4(),
        "seq": 1,
        "kind": Kind.TOP_UP,
        "amount": 1_000,
        "before": 0,
        "after": 1_000,
        "remarks": "",
        "counterparty": None,
        "date": clock.now(),
    }
    return Entry(**fields | overrides)


def make_transfer(**overrides: Any) -> Transfer:
    target = overrides.get("target", uuid4())
    fields = {
        "id": uuid4(),
        "sender": uuid4(),
        "target": target,
        "amount": 1_000,
        "remarks": "",
        "status": TransferStatus.PENDING,
        "date": clock.now(),
        "partition": partition_of(target),
    }
    return Transfer(**fields | overrides)


def top_up(wallet: UUID, amount: int, **overrides: Any) -> Posting:
    return make_posting(kind=Kind.TOP_UP, wallet=wallet, amount=amount, **overrides)


def payment(wallet: UUID, amount: int, **overrides: Any) -> Posting:
    return make_posting(kind=Kind.PAYMENT, wallet=wallet, amount=amount, **overrides)


def transfer_out(sender: UUID, target: UUID, amount: int, **overrides: Any) -> Posting:
    return make_posting(
        kind=Kind.TRANSFER_OUT, wallet=sender, counterparty=target, amount=amount, **overrides
    )


def posting_engine(database: Books, *, cap: int = LARGEST_CAP) -> PostingEngine:
    return PostingEngine(database, Transactions(database.client), cap=cap)


def settlement_engine(database: Books, *, cap: int = LARGEST_CAP) -> SettlementEngine:
    return SettlementEngine(database, Transactions(database.client), cap=cap)


def settle_rows(
    engine: SettlementEngine, rows: Sequence[Transfer], date: datetime | None = None
) -> Settlement:
    """Credit ``rows`` as a watcher does; those that no debit vouches for are declined."""
    vouched, doubtful = engine.vouch(rows)
    done = engine.settle(vouched, date or clock.now())
    return Settlement(done.credited, {**done.declined, **dict.fromkeys(doubtful, NO_DEBIT)})


def post(database: Books, *postings: Posting, date: datetime | None = None) -> list[Entry]:
    """Commit ``postings`` together, all of them or the test fails; return their entries."""
    outcomes = posting_engine(database).post(postings, date or clock.now())
    refusals = [outcome.reason for outcome in outcomes if isinstance(outcome, Declined)]
    assert not refusals
    return [outcome.entry for outcome in outcomes if isinstance(outcome, Posted)]


def open_wallet(database: Books, balance: int = 0) -> UUID:
    return open_wallets(database, 1, balance)[0]


def open_wallets(database: Books, count: int, balance: int = 0) -> list[UUID]:
    """Add ``count`` users, each with a wallet topped up to ``balance``."""
    users = [make_user() for _ in range(count)]
    wallets = [make_wallet(id=user.id, balance=0, seq=0) for user in users]
    database["users"].insert_many(map(documents.user_document, users))
    database["wallets"].insert_many(map(documents.wallet_document, wallets))
    if balance:
        post(database, *(top_up(wallet.id, balance) for wallet in wallets))
    return [wallet.id for wallet in wallets]


def queue_transfer(
    database: Books, sender: UUID, target: UUID, amount: int = 1_000, *, date: datetime | None = None
) -> UUID:
    """Debit ``sender`` and leave a row in the queue."""
    return queue_transfers(database, sender, [target], amount, date=date)[0]


def queue_transfers(
    database: Books,
    sender: UUID,
    targets: Sequence[UUID],
    amount: int = 1_000,
    *,
    date: datetime | None = None,
) -> list[UUID]:
    """Debit ``sender`` and leave a row in the queue for each of ``targets``, all in one commit."""
    postings = [transfer_out(sender, target, amount) for target in targets]
    return [entry.operation for entry in post(database, *postings, date=date)]


def set_status(database: Books, wallet: UUID, status: WalletStatus) -> None:
    database["wallets"].update_one({"_id": wallet}, {"$set": {"status": status.value}})


def balance_of(database: Books, wallet: UUID) -> int:
    return int(database["wallets"].find_one({"_id": wallet})["balance"])


def row_of(database: Books, transfer: Any) -> Document:
    """Return a transfer's row as it lies in the queue."""
    row = database["transfers"].find_one({"_id": transfer})
    assert row is not None
    return row


def kinds_of(database: Books, operation: UUID) -> list[Kind]:
    """Return what an operation did to wallets, as a sorted list of the kinds of its entries."""
    found = database["entries"].find({"_id.operation": operation})
    return sorted(Kind(entry["kind"]) for entry in found)
