"""A statement adds up, or it is not shown."""

from dataclasses import replace
from uuid import uuid4

import pytest
from factories import make_entry

from wallet import clock
from wallet.models import Kind, Side
from wallet.rules.month import Month
from wallet.statements import NOTHING, DoesNotAddUp, Statement, Sum, chained, checked

OPENING = 500


def chain(*moves, first=4, opening=OPENING):
    """Entries that follow on one another; a negative amount is a payment."""
    entries, balance = [], opening
    for seq, amount in enumerate(moves, first):
        kind = Kind.TOP_UP if amount > 0 else Kind.PAYMENT
        before, balance = balance, balance + amount
        entries.append(make_entry(seq=seq, kind=kind, amount=abs(amount), before=before, after=balance))
    return entries


def statement(**overrides):
    """Of 3 entries, 4 to 6: 300 in, 120 out and 30 out."""
    fields = {
        "wallet": uuid4(),
        "month": Month(2026, 11),
        "as_of": clock.now(),
        "complete": True,
        "first": 4,
        "last": 6,
        "opening": OPENING,
        "closing": OPENING + 150,
        "totals": {Kind.TOP_UP: Sum(1, 300), Kind.PAYMENT: Sum(2, 150)},
    }
    return Statement(**fields | overrides)


EMPTY = {"first": 4, "last": 3, "closing": OPENING, "totals": {}}


@pytest.mark.parametrize("fields", [{}, EMPTY], ids=["full", "empty"])
def test_what_adds_up_is_shown_as_it_is(fields):
    whole = statement(**fields)

    assert checked(whole) is whole


@pytest.mark.parametrize(
    "fields",
    [
        {"closing": OPENING + 151},
        {"opening": OPENING - 1},
        {"last": 7},
        {"first": 5},
        {"totals": {Kind.TOP_UP: Sum(1, 300), Kind.PAYMENT: Sum(1, 150)}},
        {"totals": {Kind.TOP_UP: Sum(1, 300), Kind.PAYMENT: Sum(2, 149)}},
        {"totals": {Kind.TOP_UP: Sum(1, 300), Kind.REFUND: Sum(2, 150)}},
        {"totals": {}},
        {**EMPTY, "closing": OPENING + 1},
    ],
)
def test_what_does_not_add_up_is_not(fields):
    with pytest.raises(DoesNotAddUp):
        checked(statement(**fields))


def test_totals_by_side_are_those_of_its_kinds():
    totals = {kind: Sum(count, 10**count) for count, kind in enumerate(Kind, 1)}
    every = statement(totals=totals)

    assert every.moved(Side.DEBIT) == Sum(2 + 3, 10**2 + 10**3)
    assert every.moved(Side.CREDIT) == Sum(1 + 4 + 5, 10 + 10**4 + 10**5)
    assert statement(totals={}).total(Kind.REFUND) == NOTHING


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_an_unbroken_chain_comes_through_page_by_page(size):
    entries = chain(300, -120, -30)
    pages = [entries[at : at + size] for at in range(0, len(entries), size)]

    assert list(chained(statement(), pages)) == pages
    assert list(chained(statement(**EMPTY), [])) == []


FAULTS = {
    "one is missing at the start": lambda entries: entries[1:],
    "one is missing amid": lambda entries: [entries[0], entries[2]],
    "one is missing at the end": lambda entries: entries[:-1],
    "all are missing": lambda _entries: [],
    "one comes twice": lambda entries: [entries[0], *entries],
    "two changed places": lambda entries: [entries[1], entries[0], entries[2]],
    "another amount": lambda entries: [entries[0], replace(entries[1], amount=121), entries[2]],
    "another balance before": lambda entries: [entries[0], replace(entries[1], before=1), entries[2]],
    "another balance after": lambda entries: [*entries[:2], replace(entries[2], after=1)],
    "another direction": lambda entries: [replace(entries[0], kind=Kind.PAYMENT), *entries[1:]],
    "one too many": lambda entries: [*entries, *chain(5, first=7, opening=OPENING + 150)],
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("size", [1, 5])
def test_a_broken_chain_ends_the_pages(fault, size):
    entries = FAULTS[fault](chain(300, -120, -30))
    pages = [entries[at : at + size] for at in range(0, len(entries), size)]

    with pytest.raises(DoesNotAddUp):
        list(chained(statement(), pages))


def test_a_page_is_looked_at_before_it_is_let_out():
    first, second, third = chain(300, -120, -30)
    seen = []

    with pytest.raises(DoesNotAddUp):
        seen.extend(chained(statement(), [[first], [second, replace(third, before=7)]]))

    assert seen == [[first]]
