"""Each wallet's entries are one unbroken chain, from nothing to its balance."""

from collections.abc import Iterable, Iterator
from operator import attrgetter
from uuid import UUID

from wallet.audit.join import full_join
from wallet.audit.report import Offence, Promise
from wallet.models import Entry, Kind, Side, Wallet

_WITH_COUNTERPARTY = frozenset({Kind.TRANSFER_OUT, Kind.TRANSFER_IN, Kind.REFUND})


def check_chains(wallets: Iterable[Wallet], entries: Iterable[Entry], *, cap: int) -> Iterator[Offence]:
    """Check every wallet against its entries.

    Args:
        wallets: by rising id.
        entries: by rising wallet and seq.
        cap: the highest balance a wallet may have, in rupiah.
    """
    joined = full_join(wallets, entries, attrgetter("id"), attrgetter("wallet"))
    for wallet_id, owners, lines in joined:
        yield from _check_chain(wallet_id, next(owners, None), lines, cap)


def _check_chain(
    wallet_id: UUID, wallet: Wallet | None, entries: Iterable[Entry], cap: int
) -> Iterator[Offence]:
    seq, balance = 0, 0
    for entry in entries:
        yield from _check_entry(entry, cap)
        yield from _check_link(entry, seq, balance)
        seq, balance = entry.seq, entry.after
    if wallet is None:
        yield Offence(Promise.CHAIN, f"wallet {wallet_id}", "has entries but does not exist")
    else:
        yield from _check_end(wallet, seq, balance, cap)


def _check_link(entry: Entry, seq: int, balance: int) -> Iterator[Offence]:
    if entry.seq != seq + 1:
        yield _broken(entry, f"its seq is {entry.seq}, the one before it has {seq}")
    if entry.before != balance:
        yield _broken(entry, f"starts from {entry.before}, the one before it ended at {balance}")


def _check_end(wallet: Wallet, seq: int, balance: int, cap: int) -> Iterator[Offence]:
    subject = f"wallet {wallet.id}"
    if not 0 <= wallet.balance <= cap:
        yield Offence(Promise.BOUNDS, subject, f"its balance {wallet.balance} is not in 0..{cap}")
    if wallet.balance != balance:
        yield Offence(
            Promise.CHAIN, subject, f"its balance is {wallet.balance}, its entries end at {balance}"
        )
    if wallet.seq != seq:
        yield Offence(Promise.CHAIN, subject, f"its seq is {wallet.seq}, that of its last entry is {seq}")


def _check_entry(entry: Entry, cap: int) -> Iterator[Offence]:
    yield from _check_bounds(entry, cap)
    change = entry.amount if entry.id.side is Side.CREDIT else -entry.amount
    if entry.after != entry.before + change:
        yield _broken(entry, f"goes from {entry.before} to {entry.after} by {change}")
    if entry.kind.side is not entry.id.side:
        yield _broken(entry, f"a {entry.kind} is no {entry.id.side}")
    if (entry.counterparty is not None) is not (entry.kind in _WITH_COUNTERPARTY):
        yield _broken(entry, f"a {entry.kind} whose counterparty is {entry.counterparty}")


def _check_bounds(entry: Entry, cap: int) -> Iterator[Offence]:
    if not 1 <= entry.amount <= cap:
        yield Offence(Promise.BOUNDS, _name(entry), f"its amount {entry.amount} is not in 1..{cap}")
    for moment, balance in (("before", entry.before), ("after", entry.after)):
        if not 0 <= balance <= cap:
            yield Offence(
                Promise.BOUNDS, _name(entry), f"the balance {moment}, {balance}, is not in 0..{cap}"
            )


def _broken(entry: Entry, fault: str) -> Offence:
    return Offence(Promise.CHAIN, _name(entry), f"{fault} (wallet {entry.wallet}, seq {entry.seq})")


def _name(entry: Entry) -> str:
    return f"entry {entry.operation}/{entry.id.side}"
