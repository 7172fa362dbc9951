"""The one way for money to move: a pure function over a batch of postings.

Nothing here reads or writes anything. ``wallet.store`` reads what a batch touches, calls ``post`` and writes
what it returns, all in one transaction.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from wallet import errors
from wallet.models import Entry, EntryId, Kind, Posting, Side, Used, Wallet, WalletStatus
from wallet.rules.identity import differing
from wallet.rules.limits import Limits, spend


@dataclass(frozen=True, slots=True)
class Posted:
    """The posting made this entry."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Replayed:
    """The posting had made this entry before; nothing is written again."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Declined:
    """The posting made nothing, for this reason."""

    reason: errors.WalletError


Outcome = Posted | Replayed | Declined


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a batch did: an outcome for each posting, in order, and the wallets as they are after it."""

    outcomes: tuple[Outcome, ...]
    wallets: Mapping[UUID, Wallet]

    @property
    def entries(self) -> list[Entry]:
        """The new entries, in the order they were made."""
        return [outcome.entry for outcome in self.outcomes if isinstance(outcome, Posted)]


@dataclass(slots=True)
class _Batch:
    """The state that runs through a batch, local to one call of ``post``."""

    wallets: dict[UUID, Wallet]
    entries: dict[EntryId, Entry]
    cap: int
    date: datetime
    limits: Limits | None
    day: int
    outcomes: list[Outcome] = field(default_factory=list)


def post(  # noqa: PLR0913
    postings: Sequence[Posting],
    wallets: Mapping[UUID, Wallet],
    existing: Mapping[EntryId, Entry],
    *,
    cap: int,
    date: datetime,
    limits: Limits | None = None,
) -> Sheet:
    """Apply ``postings`` in order, each seeing what the ones before it did.

    Args:
        postings: what is wanted; amounts in rupiah.
        wallets: the wallets of the postings and of their counterparties, where they exist.
        existing: the entries that exist already under the ids of keyed postings.
        cap: the highest balance a wallet may have, in rupiah.
        date: the date of the new entries.
        limits: how much one may move in a day and a month; nothing is counted without.

    Returns:
        The sheet; a refusal is an outcome and leaves its neighbours alone.
    """
    day = limits.day_of(date) if limits else 0
    batch = _Batch(dict(wallets), dict(existing), cap, date, limits, day)
    for posting in postings:
        batch.outcomes.append(_outcome(posting, batch))
    return Sheet(tuple(batch.outcomes), batch.wallets)


def _outcome(posting: Posting, batch: _Batch) -> Outcome:
    made = batch.entries.get(posting.entry_id)
    if made is not None:
        return _replay(posting, made)
    try:
        entry = _entry(posting, batch)
        wallet = batch.wallets[posting.wallet]
        used = wallet.used if batch.limits is None else _used(posting, wallet.used, batch.limits, batch.day)
    except errors.Refused as refusal:
        return Declined(refusal)
    batch.wallets[posting.wallet] = Wallet(wallet.id, entry.after, entry.seq, wallet.status, used)
    batch.entries[entry.id] = entry
    return Posted(entry)


def _used(posting: Posting, used: Used | None, limits: Limits, day: int) -> Used | None:
    limit = limits.by_kind.get(posting.kind)
    return used if limit is None else spend(used, posting.kind, posting.amount, limit, day)


def _replay(posting: Posting, made: Entry) -> Outcome:
    different = differences(posting, made)
    return Declined(errors.KeyReused(different)) if different else Replayed(made)


def differences(posting: Posting, made: Entry) -> dict[str, str]:
    """Return the fields in which ``posting`` is not the request that made the entry, with what to send."""
    return differing(
        {
            "amount": (posting.amount, made.amount),
            "remarks": (posting.remarks, made.remarks),
            "target_user": (posting.counterparty, made.counterparty),
        }
    )


def _entry(posting: Posting, batch: _Batch) -> Entry:
    wallet = batch.wallets.get(posting.wallet)
    if wallet is None:
        raise errors.ReceiverNotFound if posting.kind is Kind.TRANSFER_IN else errors.Unauthenticated
    _check_status(posting, wallet, batch.wallets)
    return Entry(
        id=posting.entry_id,
        wallet=wallet.id,
        seq=wallet.seq + 1,
        kind=posting.kind,
        amount=posting.amount,
        before=wallet.balance,
        after=_balance_after(posting, wallet, batch.cap),
        remarks=posting.remarks,
        counterparty=posting.counterparty,
        date=batch.date,
    )


_INACTIVE = {WalletStatus.FROZEN: errors.WalletFrozen, WalletStatus.CLOSED: errors.WalletClosed}


def _check_status(posting: Posting, wallet: Wallet, wallets: Mapping[UUID, Wallet]) -> None:
    if posting.kind is Kind.REFUND:
        return  # the money is the sender's own: it goes home whatever became of the wallet
    if wallet.status is not WalletStatus.ACTIVE:
        raise errors.ReceiverNotActive if posting.kind is Kind.TRANSFER_IN else _INACTIVE[wallet.status]
    if posting.kind is Kind.TRANSFER_OUT:
        _check_receiver(wallets.get(posting.counterparty) if posting.counterparty else None)


def _check_receiver(receiver: Wallet | None) -> None:
    if receiver is None:
        raise errors.ReceiverNotFound
    if receiver.status is not WalletStatus.ACTIVE:
        raise errors.ReceiverNotActive


def _balance_after(posting: Posting, wallet: Wallet, cap: int) -> int:
    if posting.kind.side is Side.DEBIT:
        if wallet.balance < posting.amount:
            raise errors.InsufficientBalance
        return wallet.balance - posting.amount
    if wallet.balance + posting.amount > cap:
        raise errors.BalanceCapExceeded
    return wallet.balance + posting.amount


def changed(before: Mapping[UUID, Wallet], after: Mapping[UUID, Wallet]) -> Iterable[tuple[Wallet, Wallet]]:
    """Yield the wallets that a batch changed, as (before, after)."""
    for key, wallet in after.items():
        if wallet.seq != before[key].seq:
            yield before[key], wallet
