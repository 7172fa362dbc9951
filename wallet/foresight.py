"""What would become of a transfer now: the rules of settling, applied to what is there. Pure.

It runs the ledger that the engines run, over the same wallets, and writes nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from wallet import ledger, settlement
from wallet.cases import Action, Case
from wallet.ledger import Declined, Posted
from wallet.models import Entry, Posting

ENDED = "ended"
PARKED_ALREADY = "parked_already"
ARRIVED_ALREADY = "arrived_already"
CHANGED = "changed"
"""Why an action does nothing, besides the codes of ``wallet.errors`` and ``wallet.settlement``."""

BY_OPERATOR = {Action.FAIL: "failed_by_operator", Action.PARK: "parked_by_operator"}
"""What the API shows as the reason: the operator's own words are not for the user."""


class Fate(StrEnum):
    """What an action comes to."""

    CREDITED = "credited"
    REFUNDED = "refunded"
    PARKED = "parked"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Prospect:
    """What an action would come to: the entry it would make, and why not the one that was hoped for."""

    action: Action
    fate: Fate
    reason: str = ""
    entry: Entry | None = None

    @property
    def possible(self) -> bool:
        return self.fate is not Fate.REFUSED

    @property
    def sentence(self) -> str:
        """The prospect in words: what, and when it is bad news, why and what can be done instead."""
        why = EXPLANATIONS.get(self.reason, self.reason)
        if self.fate is Fate.CREDITED:
            return "The watchers would credit the target."
        if self.fate is Fate.REFUNDED:
            because = f": {why}" if self.action is Action.RETRY else ", for good"
            return f"The sender would get the money back{because}."
        if self.fate is Fate.PARKED and self.action is Action.PARK:
            return "The watchers would leave it alone; its money stays in flight."
        if self.fate is Fate.PARKED:
            return f"The watchers would park it again: {why}."
        return f"Nothing would be done: {why}."


EXPLANATIONS: Mapping[str, str] = {
    ENDED: "it has ended already, and its status never moves again",
    PARKED_ALREADY: "it is parked already; retry it or fail it",
    ARRIVED_ALREADY: "the ledger has its credit or refund already; run `dompet audit`",
    CHANGED: "it changed at this very moment; look at it again",
    settlement.NO_DEBIT: "the ledger took nothing for it, so there is nothing to give or to give back; "
    "leave it parked",
    settlement.MALFORMED: "its row cannot be read",
    settlement.POISON: "its attempts failed again and again; the watchers' logs say why",
    "receiver_not_found": "the target has no wallet",
    "receiver_not_active": "the target's wallet is frozen or closed",
    "balance_cap_exceeded": "the balance would exceed the highest one allowed",
    "unauthenticated": "the sender has no wallet; restore it, then try again",
    "failed_by_operator": "an operator failed it",
    "parked_by_operator": "an operator parked it",
}
"""Codes in words. What else there may be is shown as its code."""


def foresee(action: Action, case: Case, *, cap: int, date: datetime) -> Prospect:
    """Return what ``action`` would come to if it were done now."""
    if not case.row.pending:
        return Prospect(action, Fate.REFUSED, ENDED)
    return _FORESEE[action](case, _Ledger(case, cap, date))


@dataclass(frozen=True, slots=True)
class _Ledger:
    """The ledger as it would answer now."""

    case: Case
    cap: int
    date: datetime

    def post(self, posting: Posting) -> Entry | str:
        """Return the entry that would be made, or the code of the refusal."""
        wallets = self.case.wallets
        outcome = ledger.post([posting], wallets, {}, cap=self.cap, date=self.date).outcomes[0]
        if isinstance(outcome, Posted):
            return outcome.entry
        return outcome.reason.code if isinstance(outcome, Declined) else ARRIVED_ALREADY


def _retry(case: Case, books: _Ledger) -> Prospect:
    if case.credit is not None:
        return Prospect(Action.RETRY, Fate.PARKED, ARRIVED_ALREADY)
    transfer = case.row.transfer
    if transfer is None:
        return _given_up(case, books, settlement.MALFORMED)
    if case.debit is None or not settlement.vouches(settlement.Debit.of(case.debit), transfer):
        return _given_up(case, books, settlement.NO_DEBIT)
    entry = books.post(settlement.credit(transfer))
    if isinstance(entry, str):
        return _given_up(case, books, entry)
    return Prospect(Action.RETRY, Fate.CREDITED, entry=entry)


def _given_up(case: Case, books: _Ledger, reason: str) -> Prospect:
    """Return what the watchers do with what they cannot credit."""
    if case.taken is None:
        return Prospect(Action.RETRY, Fate.PARKED, settlement.NO_DEBIT)
    entry = books.post(settlement.refund(case.taken))
    if isinstance(entry, str):
        return Prospect(Action.RETRY, Fate.PARKED, entry)
    return Prospect(Action.RETRY, Fate.REFUNDED, reason, entry)


def _fail(case: Case, books: _Ledger) -> Prospect:
    if case.credit is not None:
        return Prospect(Action.FAIL, Fate.REFUSED, ARRIVED_ALREADY)
    if case.taken is None:
        return Prospect(Action.FAIL, Fate.REFUSED, settlement.NO_DEBIT)
    entry = books.post(settlement.refund(case.taken))
    if isinstance(entry, str):
        return Prospect(Action.FAIL, Fate.REFUSED, entry)
    return Prospect(Action.FAIL, Fate.REFUNDED, BY_OPERATOR[Action.FAIL], entry)


def _park(case: Case, _books: _Ledger) -> Prospect:
    if case.row.parked:
        return Prospect(Action.PARK, Fate.REFUSED, PARKED_ALREADY)
    return Prospect(Action.PARK, Fate.PARKED, BY_OPERATOR[Action.PARK])


_FORESEE: Mapping[Action, Callable[[Case, _Ledger], Prospect]] = {
    Action.RETRY: _retry,
    Action.FAIL: _fail,
    Action.PARK: _park,
}
