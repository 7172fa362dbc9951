"""P4, P9: what was refused is not in the ledger, and nothing is that nobody asked for.

Each request accounts for one entry at most: the one it was told of, or, when an answer got lost and no later
one was definite, one that says what it asked for. What is left over was made up, or was refused and done all
the same.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from tests.chaos.books import Books
from tests.chaos.calls import KIND, Request, money_of, requests
from tests.chaos.evidence import Evidence, Violation
from wallet.models import Entry

_ASKED_FOR = frozenset(KIND.values())


def check(evidence: Evidence, books: Books) -> list[Violation]:
    asked = requests(evidence.exchanges)
    left = _unexplained(books.entries, {one.operation for one in asked if one.operation})
    possible = Counter(_money(one) for one in asked if one.possible and not one.answers)
    return [
        Violation(*_blame(entry, asked), f"{entry.kind} {entry.operation} of wallet {entry.wallet}")
        for money, entries in left.items()
        for entry in entries[possible[money] :]
    ]


def _unexplained(entries: Iterable[Entry], told: set[UUID]) -> dict[Any, list[Entry]]:
    left: dict[Any, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.kind in _ASKED_FOR and entry.operation not in told:
            left[entry.kind, entry.wallet, entry.amount, entry.counterparty].append(entry)
    return left


def _money(request: Request) -> tuple[Any, ...]:
    kind, user, amount, target = money_of(request.asked)
    return kind, user, amount if isinstance(amount, int) else repr(amount), target


def _blame(entry: Entry, asked: Iterable[Request]) -> tuple[str, str]:
    """Say why an entry ought not to be there. Only looked for when one is wrong, so it may take its time."""
    money = (entry.kind, entry.wallet, entry.amount, entry.counterparty)
    like = [one for one in asked if _money(one) == money]
    if any(one.answers for one in like):
        return "P9", "there is one more of it than was asked for"
    return ("P4", f"it was refused: {like[0]!r}") if like else ("P3", "nobody asked for it")
