"""P4, P5: what was acknowledged is in the ledger, with the very balances that the client was told."""

from collections.abc import Iterator

from tests.chaos.books import Books
from tests.chaos.calls import KIND, accepted, money_of, movements, operation_of
from tests.chaos.evidence import Evidence, Violation
from tests.chaos.history import Exchange
from wallet.models import Entry


def check(evidence: Evidence, books: Books) -> list[Violation]:
    acknowledged = filter(accepted, movements(evidence.exchanges))
    return [offence for one in acknowledged for offence in _offences(one, books)]


def _offences(exchange: Exchange, books: Books) -> Iterator[Violation]:
    where = f"call {exchange.asked.call}"
    operation = operation_of(exchange)
    if operation is None:
        yield Violation("P5", "the answer names no operation", where)
        return
    entry = books.entry(operation, KIND[exchange.asked.kind])
    if entry is None:
        yield Violation("P4", f"it was acknowledged as {operation}, which the ledger does not have", where)
        return
    if _whole(exchange) and (entry.kind, entry.wallet, entry.amount, entry.counterparty) != money_of(
        exchange.asked
    ):
        yield Violation("P4", f"it was acknowledged as {operation}, which is {_money(entry)}", where)
    told = exchange.told.result if exchange.told else {}
    said = (told.get("balance_before"), told.get("balance_after"))
    if said != (entry.before, entry.after):
        truth = f"{entry.before} and {entry.after}"
        yield Violation("P5", f"it was told the balances {said[0]} and {said[1]}; they are {truth}", where)


def _whole(exchange: Exchange) -> bool:
    """Whether the amount can be compared; that another one was accepted at all is ``amounts``' to say."""
    return type(exchange.asked.amount) is int


def _money(entry: Entry) -> str:
    return f"{entry.kind} {entry.amount} of {entry.wallet} to {entry.counterparty}"
