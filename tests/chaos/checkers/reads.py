"""P11: what a client reads is in the ledger, and never older than what it has read or been told before."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from tests.chaos.books import Books
from tests.chaos.calls import KIND, accepted, operation_of
from tests.chaos.evidence import Evidence, Violation
from tests.chaos.history import Exchange
from wallet.models import Entry, Kind


def check(evidence: Evidence, books: Books) -> list[Violation]:
    newest: dict[tuple[str, UUID], int] = defaultdict(int)
    return [
        offence
        for one in sorted(evidence.exchanges, key=lambda one: one.asked.at_ns)
        if accepted(one)
        for offence in _offences(one, books, newest)
    ]


def _offences(exchange: Exchange, books: Books, newest: dict[tuple[str, UUID], int]) -> Iterator[Violation]:
    """Yield what is wrong with a call, and raise what its client has seen of the wallet by then."""
    asked = exchange.asked
    mine = (asked.client, asked.user)
    if asked.kind != "read":
        operation = operation_of(exchange)
        entry = books.entry(operation, KIND[asked.kind]) if operation else None
        newest[mine] = max(newest[mine], entry.seq if entry and entry.wallet == asked.user else 0)
        return
    if asked.target is not None or exchange.told is None or not isinstance(exchange.told.result, list):
        return
    yield from _lines(exchange, books)
    seen = max((entry.seq for entry in _entries(exchange.told.result, books) if entry), default=0)
    if seen < newest[mine]:
        what = f"it read up to entry {seen} of {asked.user} and knew {newest[mine]} before"
        yield Violation("P11", what, f"call {asked.call} of client {asked.client}")
    newest[mine] = max(newest[mine], seen)


def _lines(exchange: Exchange, books: Books) -> Iterator[Violation]:
    lines: list[dict[str, Any]] = exchange.told.result if exchange.told else []
    for line, entry in zip(lines, _entries(lines, books), strict=True):
        where = f"call {exchange.asked.call}"
        if entry is None:
            yield Violation("P11", f"it read {line}, which the ledger does not have", where)
        elif (line["balance_before"], line["balance_after"]) != (entry.before, entry.after):
            yield Violation("P5", f"it read {line}, the ledger has {entry}", where)


def _entries(lines: list[dict[str, Any]], books: Books) -> list[Entry | None]:
    return [books.entry(_operation(line), Kind(line["kind"])) for line in lines]


def _operation(line: dict[str, Any]) -> UUID:
    return UUID(next(line[name] for name in ("transfer_id", "payment_id", "top_up_id") if name in line))
