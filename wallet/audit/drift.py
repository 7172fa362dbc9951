"""Whether a wallet, or a transfer, is still right: the rules of the audit, for what is new since then."""

from collections.abc import Sequence
from dataclasses import dataclass

from wallet.audit.chains import change, check_end, check_entry, mark
from wallet.audit.forms import ENTRY, check_form
from wallet.audit.operations import Operation, check_operation
from wallet.models import START, Entry, Mark
from wallet.rules.money import LARGEST_CAP
from wallet.store import documents
from wallet.store.client import Document
from wallet.store.findings import Drift, Reach, Standing, Subject
from wallet.store.look import PIECE


@dataclass(frozen=True, slots=True)
class Stretch:
    """The part of a chain behind a proof that could be proven, and what stopped it.

    ``gap`` is the money that the first fault makes, in rupiah.
    """

    end: Mark
    entries: Sequence[Entry] = ()
    fault: str | None = None
    gap: int = 0


def missing(standing: Standing) -> Reach | None:
    """Return which entries must be read to prove more of a chain.

    The first is the last one that is proven: it may have been changed since.
    """
    proof, tip = standing.proof or START, standing.tip or START
    if tip.seq <= proof.seq:
        return None
    return Reach(max(proof.seq, 1), min(tip.seq, proof.seq + PIECE))


def prove(standing: Standing, lines: Sequence[Document]) -> Stretch:
    """Go on from the proof along ``lines``, the entries that are ``missing``, up to the first fault."""
    proof, tip = standing.proof or START, standing.tip or START
    reach = missing(standing)
    if reach is None:
        return _same(proof, tip)
    if proof != START:
        if not lines or (lines[0].get("seq"), lines[0].get("after")) != proof:
            return Stretch(proof, fault=f"entry {proof.seq}, proven before, is gone or was changed")
        lines = lines[1:]
    stretch = _follow(proof, lines)
    if stretch.fault is None and stretch.end.seq < reach.last:
        return Stretch(stretch.end, stretch.entries, f"its entry {stretch.end.seq + 1} is missing")
    return stretch


def judge_wallet(standing: Standing, stretch: Stretch | None) -> Drift | None:
    """Return what is wrong with a wallet; without a stretch only its balance is held to its last entry.

    The money is what the wallet says above its entries; where these agree, what the entries say above
    what was proven of them.
    """
    tip = standing.tip or START
    wallet = standing.wallet
    if wallet is None and tip == START and standing.proof is not None:
        return Drift(Subject.WALLET, standing.id, -standing.proof.balance, "is gone, and its entries too")
    ends = [one.fault for one in check_end(standing.id, wallet, tip, cap=LARGEST_CAP)]
    faults = [*ends, stretch.fault] if stretch and stretch.fault else ends
    if not faults:
        return None
    above = (wallet.balance if wallet else 0) - tip.balance
    gap = stretch.gap if stretch else 0
    return Drift(Subject.WALLET, standing.id, above or gap, "; ".join(faults))


def judge_transfer(operation: Operation, *, proven: bool = False) -> Drift | None:
    """Return what is wrong with a transfer, the first fault in words and all of it in rupiah.

    Args:
        operation: what is there now.
        proven: its debit was there, and must still be.
    """
    offence = next(check_operation(operation), None)
    if offence:
        return Drift(Subject.TRANSFER, operation.id, operation.surplus, offence.fault)
    if proven and operation.debit is None:
        return Drift(Subject.TRANSFER, operation.id, 0, "is gone, and its debit too")
    return None


def _same(proof: Mark, tip: Mark) -> Stretch:
    if tip == proof:
        return Stretch(proof)
    fault = (
        f"its entries end with {tip.seq} at {tip.balance}, and were proven to {proof.seq} at {proof.balance}"
    )
    return Stretch(proof, fault=fault, gap=tip.balance - proof.balance)


def _follow(end: Mark, lines: Sequence[Document]) -> Stretch:
    proven: list[Entry] = []
    for line in lines:
        malformed = next(check_form(line, ENTRY), None)
        if malformed:
            return Stretch(end, proven, f"entry {end.seq + 1}: {malformed.fault}")
        entry = documents.entry(line)
        offence = next(check_entry(entry, end, cap=LARGEST_CAP), None)
        if offence:
            gap = entry.after - change(entry) - end.balance
            return Stretch(end, proven, offence.fault, gap)
        proven.append(entry)
        end = mark(entry)
    return Stretch(end, proven)
