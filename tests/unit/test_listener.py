"""The listener with a stream and a store of its own, and a clock that is told to go on."""

from contextlib import contextmanager
from uuid import uuid4

import pytest
from factories import make_transfer
from watching import Watch

from wallet.errors import Unavailable
from wallet.store.entry_stream import Written
from wallet.use_cases import listener
from wallet.use_cases.listener import Listener
from wallet.use_cases.waiters import Awaited, Waiters, WaitObserver


class Store:
    """Outcomes as a test wants them; it writes down who asked for what."""

    def __init__(self, *transfers, seqs=None, away=False):
        self.transfers = {one.id: one for one in transfers}
        self.seqs = seqs or {}
        self.away = away
        self.looks = []

    def settled(self, ids):
        self.looks.append(set(ids))
        if self.away:
            raise Unavailable
        return [self.transfers[one] for one in ids if one in self.transfers]

    settled_by_now = settled

    def seqs_by_now(self, wallets):
        self.looks.append(set(wallets))
        return {one: self.seqs.get(one, 0) for one in wallets}


class Diary(WaitObserver):
    def __init__(self):
        self.streams = []

    def stream_opened(self):
        self.streams.append("opened")

    def stream_left(self):
        self.streams.append("left")

    def stream_lost(self, fault):  # noqa: ARG002
        self.streams.append("lost")


class Stream:
    """A stream that says what it is told to, then does what comes last."""

    def __init__(self, *batches, last):
        self._batches = list(batches)
        self._last = last

    def next(self):
        return self._batches.pop(0) if self._batches else self._last()


def dead():
    raise Unavailable


@pytest.fixture(autouse=True)
def _in_no_time(monkeypatch):
    monkeypatch.setattr(listener, "LINGER_S", 0.0)
    monkeypatch.setattr(listener, "POLL_S", 0.0)


@pytest.fixture
def attend():
    """A function that lets a listener attend once, and returns what it did with its stream."""

    def attend(waiters, store, stream=None, *, clock=None):
        @contextmanager
        def listen():
            if stream is None:
                raise Unavailable
            yield stream

        diary = Diary()
        watch = Watch()

        def ticking():
            watch.now += 0.25
            return watch.now

        Listener(listen, store, waiters, observer=diary, clock=clock or ticking).attend()
        return diary.streams

    return attend


def test_looks_for_everything_once_when_the_stream_is_open(attend):
    transfer, wallet = make_transfer(), uuid4()
    waiters = Waiters(10)
    waiting, follower = waiters.join(Awaited.TRANSFER, transfer.id), waiters.join(Awaited.EVENTS, wallet)
    store = Store(transfer, seqs={wallet: 3})

    assert attend(waiters, store, Stream(last=lambda: waiters.let_go() or [])) == ["opened", "left"]

    assert waiting.transfer is transfer
    assert follower.wait(0)
    assert store.looks == [{transfer.id}, {wallet}]


def test_asks_the_store_only_for_credits_that_somebody_waits_for(attend):
    transfer, other, wallet = make_transfer(), uuid4(), uuid4()
    waiters = Waiters(10)
    waiting = waiters.join(Awaited.TRANSFER, transfer.id)
    store = Store()
    batches = (
        [Written(wallet.bytes, None), Written(wallet.bytes, other.bytes)],
        [],
        [Written(wallet.bytes, transfer.id.bytes)] * 2,
    )

    def settled_later():
        if transfer.id in store.transfers:
            waiters.let_go()
        store.transfers[transfer.id] = transfer
        return []

    attend(waiters, store, Stream(*batches, last=settled_later))

    assert waiting.transfer is transfer
    # When it opened; for the credit; and again, for the store did not know of it yet.
    assert store.looks == [{transfer.id}] * 3


def test_looks_while_it_cannot_listen_until_it_tries_again(attend):
    transfer = make_transfer()
    waiters = Waiters(10)
    waiting = waiters.join(Awaited.TRANSFER, transfer.id)
    store = Store(transfer)

    assert attend(waiters, store) == ["lost"]

    assert waiting.transfer is transfer
    assert 1 <= len(store.looks) <= 4


def test_a_store_that_is_away_is_asked_again(attend):
    waiters = Waiters(10)
    waiters.join(Awaited.TRANSFER, uuid4())
    store = Store(away=True)

    assert attend(waiters, store, Stream(last=dead)) == ["opened", "lost"]

    assert len(store.looks) > 1


def test_a_stream_that_dies_is_told(attend):
    waiters = Waiters(10)
    waiters.join(Awaited.EVENTS, uuid4())

    assert attend(waiters, Store(), Stream([], last=dead)) == ["opened", "lost"]
