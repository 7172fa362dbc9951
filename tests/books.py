"""A recount of the books in the plainest way, to hold the ledger to P1, P2, P3 and P6.

It counts in dicts, over values that are in memory; nothing of it is shared with the product's own audit.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple
from uuid import UUID

from pymongo.database import Database

from wallet.models import Entry, Kind, Transfer, TransferStatus, Wallet
from wallet.rules.money import LARGEST_CAP
from wallet.store import documents
from wallet.store.client import Document

SECOND_HALF = {
    TransferStatus.PENDING: [],
    TransferStatus.SUCCESS: [Kind.TRANSFER_IN],
    TransferStatus.FAILED: [Kind.REFUND],
}
"""What a transfer's operation has made besides its debit, by the transfer's status."""

SIGN = {Kind.TOP_UP: 1, Kind.TRANSFER_IN: 1, Kind.REFUND: 1, Kind.PAYMENT: -1, Kind.TRANSFER_OUT: -1}

Wallets = Mapping[UUID, Wallet]


class Mistake(NamedTuple):
    """A promise that the books break, and the wallet or the transfer where they do."""

    promise: str
    what: str
    where: str


def assert_balanced(database: Database[Document], *, cap: int = LARGEST_CAP) -> None:
    """Recount everything in ``database``."""
    wallets = {row["_id"]: documents.wallet(row) for row in database["wallets"].find()}
    entries = [documents.entry(row) for row in database["entries"].find()]
    transfers = [documents.transfer(row) for row in database["transfers"].find()]
    recount(wallets, entries, transfers, cap=cap)


def recount(
    wallets: Wallets,
    entries: Iterable[Entry],
    transfers: Iterable[Transfer],
    *,
    cap: int,
) -> None:
    found = list(mistakes(wallets, list(entries), list(transfers), cap=cap))
    assert not found, found[:3]


def mistakes(
    wallets: Wallets, entries: list[Entry], transfers: list[Transfer], *, cap: int
) -> Iterator[Mistake]:
    yield from conservation(wallets.values(), entries, transfers)
    yield from chains(wallets, entries, cap=cap)
    yield from once(entries, transfers)


def conservation(
    wallets: Iterable[Wallet], entries: Iterable[Entry], transfers: Iterable[Transfer]
) -> Iterator[Mistake]:
    """P1: what is held and in flight is what was topped up and not paid."""
    moved: Counter[Kind] = Counter()
    for entry in entries:
        moved[entry.kind] += entry.amount
    in_flight = sum(row.amount for row in transfers if row.status is TransferStatus.PENDING)
    there = sum(wallet.balance for wallet in wallets) + in_flight
    due = moved[Kind.TOP_UP] - moved[Kind.PAYMENT]
    if there != due:
        yield Mistake("P1", f"{there - due:+} rupiah were made or lost", "everywhere")


def chains(wallets: Wallets, entries: Iterable[Entry], *, cap: int) -> Iterator[Mistake]:
    """P2, P6: each wallet's entries are numbered 1..n, each goes on from the last, the wallet ends there."""
    last = dict.fromkeys(wallets, (0, 0))
    for entry in sorted(entries, key=lambda one: one.seq):
        seq, balance = last.get(entry.wallet, (0, 0))
        yield from _links(entry, seq, balance, cap)
        last[entry.wallet] = (entry.seq, entry.after)
    for key, end in last.items():
        wallet = wallets.get(key)
        if wallet is None:
            yield Mistake("P6", "there are entries of a wallet that is not there", str(key))
        elif (wallet.seq, wallet.balance) != end:
            said = f"the wallet says {wallet.balance} after {wallet.seq}"
            yield Mistake("P6", f"{said}, its last entry {end[1]} after {end[0]}", str(key))


def _links(entry: Entry, seq: int, balance: int, cap: int) -> Iterator[Mistake]:
    where = f"wallet {entry.wallet}, entry {entry.seq}, {entry.kind} {entry.operation}"
    if not 1 <= entry.amount <= cap:
        yield Mistake("P2", f"the amount is {entry.amount}", where)
    if not 0 <= entry.after <= cap:
        yield Mistake("P2", f"the balance becomes {entry.after}", where)
    if entry.seq != seq + 1:
        yield Mistake("P6", f"the one before it is {seq}", where)
    if entry.before != balance:
        yield Mistake("P6", f"it starts from {entry.before}, the one before it ended at {balance}", where)
    if entry.after != entry.before + SIGN[entry.kind] * entry.amount:
        yield Mistake("P6", f"{entry.before} and {entry.amount} become {entry.after}", where)


def once(entries: Iterable[Entry], transfers: Iterable[Transfer]) -> Iterator[Mistake]:
    """P3: a transfer has one debit, and one credit or refund as its status says; no entry is left over."""
    made = defaultdict(list)
    for entry in entries:
        if entry.kind not in (Kind.TOP_UP, Kind.PAYMENT):
            made[entry.operation].append(entry)
    for row in transfers:
        mine = made.pop(row.id, [])
        kinds = sorted(entry.kind for entry in mine)
        if kinds != sorted([Kind.TRANSFER_OUT, *SECOND_HALF[row.status]]):
            yield Mistake("P3", f"it is {row.status} and made {[str(kind) for kind in kinds]}", str(row.id))
        yield from (_other_sides(row, entry) for entry in mine if not _same_sides(row, entry))
    for operation, left in made.items():
        kinds = sorted(entry.kind for entry in left)
        yield Mistake("P3", f"no transfer, but entries {[str(kind) for kind in kinds]}", str(operation))


def _same_sides(row: Transfer, entry: Entry) -> bool:
    receives = entry.kind is Kind.TRANSFER_IN
    sides = (row.target, row.sender) if receives else (row.sender, row.target)
    return (entry.amount, entry.wallet, entry.counterparty) == (row.amount, *sides)


def _other_sides(row: Transfer, entry: Entry) -> Mistake:
    return Mistake("P3", f"its {entry.kind} moves {entry.amount} of wallet {entry.wallet}", str(row.id))
