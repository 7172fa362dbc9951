"""A feed tells each entry once and in order, and never waits while there is more to tell."""

from uuid import uuid4

import pytest
from factories import make_entry

from wallet.errors import Unauthenticated, Unavailable
from wallet.models import Line, TransferStatus
from wallet.use_cases import events
from wallet.use_cases.events import Events
from wallet.use_cases.waiters import Awaited, Waiters

WALLET = uuid4()


class Store:
    """The entries of one wallet, as far as it has come."""

    def __init__(self, last, *, away=False):
        self.last = last
        self.away = away

    def last_seq(self, wallet):
        if self.away:
            raise Unavailable
        return self.last if wallet == WALLET else None

    def after(self, _wallet, seq, limit):
        numbers = range(seq + 1, min(seq + limit, self.last) + 1)
        return [Line(make_entry(seq=number), TransferStatus.SUCCESS) for number in numbers]


@pytest.fixture
def waiters():
    return Waiters(10)


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch):
    monkeypatch.setattr(events, "PAGE", 3)


def numbers(lines):
    return [line.entry.seq for line in lines]


def test_what_is_there_is_read_without_a_ring_page_by_page(waiters):
    feed = Events(Store(7), waiters).follow(WALLET, 1)

    told = []
    while feed.wait(0):
        told.append(numbers(feed.read()))

    assert told == [[2, 3, 4], [5, 6, 7], []]


def test_from_now_on_is_from_the_last_entry(waiters):
    store = Store(7)
    feed = Events(store, waiters).follow(WALLET, None)
    assert not feed.wait(0)

    store.last = 8
    waiters.ring(WALLET)

    assert feed.wait(0)
    assert numbers(feed.read()) == [8]
    assert not feed.wait(0)


def test_a_ring_without_anything_new_tells_nothing(waiters):
    feed = Events(Store(7), waiters).follow(WALLET, None)
    waiters.ring(WALLET)

    assert feed.wait(0)
    assert feed.read() == []
    assert not feed.wait(0)


def test_what_was_told_is_not_rung_for_again_by_a_look(waiters):
    feed = Events(Store(7), waiters).follow(WALLET, None)

    waiters.ring(WALLET, 7)
    assert not feed.wait(0)
    waiters.ring(WALLET, 8)

    assert feed.wait(0)


@pytest.mark.parametrize(
    ("store", "user", "fault"),
    [(Store(7), uuid4(), Unauthenticated), (Store(7, away=True), WALLET, Unavailable)],
)
def test_who_is_turned_away_holds_no_place(waiters, store, user, fault):
    with pytest.raises(fault):
        Events(store, waiters).follow(user, None)

    assert waiters.keys(Awaited.EVENTS) == []


def test_who_is_let_go_knows_it_at_once(waiters):
    feed = Events(Store(7), waiters).follow(WALLET, None)
    assert not feed.let_go

    waiters.let_go()

    assert feed.wait(0)
    assert feed.let_go
