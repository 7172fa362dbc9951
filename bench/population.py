"""Many users at once, each with a wallet and the top-up that filled it: raw inserts that an audit accepts."""

from collections.abc import Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import replace
from functools import cache
from uuid import UUID

from bench.progress import tracked
from wallet import clock
from wallet.models import Entry, EntryId, Kind, User, Wallet, WalletStatus
from wallet.rules.identity import new_id
from wallet.store import documents
from wallet.store.client import Document, connect, open_database
from wallet.store.opening import Store

OPENING_BALANCE = 1_000_000_000
"""Rupiah: nobody runs out of them."""

_CHUNK = 2_000
_LARGEST_SAMPLE = 10_000
"""As many as there are in the cases of few wallets: what is compared is the size, not how many are busy."""


def populate(writers: Executor, uri: str, database: Store, wallets: int) -> None:
    """Add ``wallets`` users. It ends with a checkpoint, so that its writes are not paid for by the case."""
    chunks = [(first, min(_CHUNK, wallets - first)) for first in range(0, wallets, _CHUNK)]
    tasks = [writers.submit(_add_people, uri, database.name, *chunk) for chunk in chunks]
    for task in tracked(as_completed(tasks), f"people, {_CHUNK:,} at a time", len(tasks)):
        task.result()
    database.client.admin.command("fsync")


def lengthen(writers: Executor, uri: str, database: Store, wallet: UUID, entries: int) -> None:
    """Add ``entries`` top-ups of 1 rupiah to the history of a wallet that has only its first."""
    chunks = [(first, min(_CHUNK, entries - first)) for first in range(0, entries, _CHUNK)]
    tasks = [writers.submit(_add_top_ups, uri, database.name, wallet, *chunk) for chunk in chunks]
    for task in tracked(as_completed(tasks), f"entries, {_CHUNK:,} at a time", len(tasks)):
        task.result()
    full = Wallet(wallet, OPENING_BALANCE + entries, 1 + entries, WalletStatus.ACTIVE)
    database["wallets"].replace_one({"_id": wallet}, documents.wallet_document(full))
    database.client.admin.command("fsync")


def sample_people(database: Store, wallets: int) -> list[UUID]:
    size = min(wallets, _LARGEST_SAMPLE)
    found = database["wallets"].aggregate([{"$sample": {"size": size}}, {"$project": {"_id": True}}])
    return list({row["_id"] for row in found})


def _add_people(uri: str, name: str, first: int, count: int) -> None:
    users = [person(number) for number in range(first, first + count)]
    top_ups = [_top_up(user.id) for user in users]
    _insert(uri, name, "users", [documents.user_document(user) for user in users])
    _insert(uri, name, "wallets", [documents.wallet_document(_wallet(entry)) for entry in top_ups])
    _insert(uri, name, "entries", [documents.entry_document(entry) for entry in top_ups])


def _add_top_ups(uri: str, name: str, wallet: UUID, first: int, count: int) -> None:
    entries = [_small_top_up(wallet, number) for number in range(first, first + count)]
    _insert(uri, name, "entries", [documents.entry_document(entry) for entry in entries])


def _insert(uri: str, name: str, collection: str, rows: Sequence[Document]) -> None:
    _database(uri, name)[collection].insert_many(rows, ordered=False)


@cache
def _database(uri: str, name: str) -> Store:
    """One client a process and database, made after the process began."""
    return open_database(connect(uri, application="bench-writer"), name)


def person(number: int) -> User:
    """Return somebody who can be paid and not log in; ``number`` makes the phone number."""
    date = clock.now()
    return User(
        id=new_id(),
        first_name="Guntur",
        last_name="Saputro",
        phone_number=f"08{number:010}",
        address="Jl. Kebon Sirih No. 1",
        pin_hash="$argon2id$of nobody",
        created_at=date,
        updated_at=date,
    )


def _top_up(wallet: UUID) -> Entry:
    return Entry(
        id=EntryId(new_id(), Kind.TOP_UP.side),
        wallet=wallet,
        seq=1,
        kind=Kind.TOP_UP,
        amount=OPENING_BALANCE,
        before=0,
        after=OPENING_BALANCE,
        remarks="",
        counterparty=None,
        date=clock.now(),
    )


def _small_top_up(wallet: UUID, number: int) -> Entry:
    """Return the top-up of 1 rupiah that follows the opening one and ``number`` small ones."""
    before = OPENING_BALANCE + number
    return replace(_top_up(wallet), seq=number + 2, amount=1, before=before, after=before + 1)


def _wallet(top_up: Entry) -> Wallet:
    return Wallet(top_up.wallet, top_up.after, top_up.seq, WalletStatus.ACTIVE)
