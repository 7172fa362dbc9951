"""Each wallet's entries are one unbroken chain, from nothing to its balance."""

from collections.abc import Iterable, Iterator
from operator import attrgetter
from uuid import UUID

from wallet.audit.join import full_join
from wallet.audit.report import Offence, Promise
from wallet.models import START, Entry, Kind, Mark, Side, Wallet

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
    last = START
    for entry in entries:
        yield from check_entry(entry, last, cap=cap)
        last = mark(entry)
    stands = Mark(wallet.seq, wallet.balance) if wallet else None
    yield from check_end(wallet_id, stands, last, cap=cap)


def mark(entry: Entry) -> Mark:
    """Return how far its wallet has come with ``entry``."""
    return Mark(entry.seq, entry.after)


def change(entry: Entry) -> int:
    """Return what ``entry`` adds to its wallet, in rupiah."""
    return entry.amount if entry.id.side is Side.CREDIT else -entry.amount


def check_entry(entry: Entry, last: Mark, *, cap: int) -> Iterator[Offence]:
    """Check an entry, and that it follows on the one that ended at ``last``."""
    yield from _check_alone(entry, cap)
    if entry.seq != last.seq + 1:
        yield _broken(entry, f"its seq is {entry.seq}, the one before it has {last.seq}")
    if entry.before != last.balance:
        yield _broken(entry, f"starts from {entry.before}, the one before it ended at {last.balance}")


def check_end(wallet_id: UUID, wallet: Mark | None, last: Mark, *, cap: int) -> Iterator[Offence]:
    """Check that a wallet stands where its entries end."""
    subject = f"wallet {wallet_id}"
    if wallet is None:
        yield Offence(Promise.CHAIN, subject, "has entries but does not exist")
        return
    if not 0 <= wallet.balance <= cap:
        yield Offence(Promise.BOUNDS, subject, f"its balance {wallet.balance} is not in 0..{cap}")
    if wallet.balance != last.balance:
        yield Offence(
            Promise.CHAIN, subject, f"its balance is {wallet.balance}, its entries end at {last.balance}"
        )
    if wallet.seq != last.seq:
        yield Offence(
            Promise.CHAIN, subject, f"its seq is {wallet.seq}, that of its last entry is {last.seq}"
        )


def _check_alone(entry: Entry, cap: int) -> Iterator[Offence]:
    yield from _check_bounds(entry, cap)
    if entry.after != entry.before + change(entry):
        yield _broken(entry, f"goes from {entry.before} to {entry.after} by {change(entry)}")
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
