"""A recount of the books in the plainest way, to hold the ledger to P1, P2, P3 and P6."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
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


def assert_balanced(database: Database[Document], *, cap: int = LARGEST_CAP) -> None:
    """Recount everything in ``database``."""
    wallets = {row["_id"]: documents.wallet(row) for row in database["wallets"].find()}
    entries = [documents.entry(row) for row in database["entries"].find()]
    transfers = [documents.transfer(row) for row in database["transfers"].find()]
    recount(wallets, entries, transfers, cap=cap)


def recount(
    wallets: Mapping[UUID, Wallet],
    entries: Iterable[Entry],
    transfers: Iterable[Transfer],
    *,
    cap: int,
) -> None:
    lines = sorted(entries, key=lambda entry: entry.seq)
    rows = list(transfers)
    _check_conservation(wallets.values(), lines, rows)
    _check_chains(wallets, lines, cap)
    _check_once(lines, rows)


def _check_conservation(wallets: Iterable[Wallet], entries: list[Entry], transfers: list[Transfer]) -> None:
    moved = Counter()
    for entry in entries:
        moved[entry.kind] += entry.amount
    in_flight = sum(row.amount for row in transfers if row.status is TransferStatus.PENDING)
    held = sum(wallet.balance for wallet in wallets)
    assert held + in_flight == moved[Kind.TOP_UP] - moved[Kind.PAYMENT], "P1: money was made or lost"


def _check_chains(wallets: Mapping[UUID, Wallet], entries: list[Entry], cap: int) -> None:
    balances = dict.fromkeys(wallets, 0)
    seqs = dict.fromkeys(wallets, 0)
    for entry in entries:
        assert 1 <= entry.amount <= cap, f"P2: {entry}"
        assert 0 <= entry.after <= cap, f"P2: {entry}"
        assert entry.seq == seqs[entry.wallet] + 1, f"P6: a gap before {entry}"
        assert entry.before == balances[entry.wallet], f"P6: not where the one before it ended: {entry}"
        assert entry.after == entry.before + SIGN[entry.kind] * entry.amount, f"P6: {entry}"
        seqs[entry.wallet] = entry.seq
        balances[entry.wallet] = entry.after
    assert balances == {key: wallet.balance for key, wallet in wallets.items()}, "P6: the last line"
    assert seqs == {key: wallet.seq for key, wallet in wallets.items()}, "P6: the last line"


def _check_once(entries: list[Entry], transfers: list[Transfer]) -> None:
    made = defaultdict(list)
    for entry in entries:
        made[entry.operation].append(entry)
    debits = {entry.operation for entry in entries if entry.kind is Kind.TRANSFER_OUT}
    assert debits == {row.id for row in transfers}, "P3: each transfer has a debit, each debit a transfer"
    for row in transfers:
        kinds = sorted(entry.kind for entry in made[row.id])
        assert kinds == sorted([Kind.TRANSFER_OUT, *SECOND_HALF[row.status]]), f"P3: {row} made {kinds}"
        for entry in made[row.id]:
            _check_sides(row, entry)


def _check_sides(row: Transfer, entry: Entry) -> None:
    receives = entry.kind is Kind.TRANSFER_IN
    sides = (row.target, row.sender) if receives else (row.sender, row.target)
    assert (entry.amount, entry.wallet, entry.counterparty) == (row.amount, *sides), f"P3: {row}, {entry}"
