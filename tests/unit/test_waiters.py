"""Who waits is bounded, woken once for what they wait for, and let go when the process stops."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from factories import make_transfer

from wallet.errors import Unavailable
from wallet.use_cases.waiters import Awaited, TooManyWaiters, Waiters, WaitObserver

LONG_S = 10.0


class Counts(WaitObserver):
    def __init__(self):
        self.now = {}
        self.refused = []

    def waiting(self, awaited, waiters):
        self.now[awaited] = waiters

    def turned_away(self, awaited):
        self.refused.append(awaited)


def test_the_end_of_a_transfer_wakes_all_who_wait_for_it():
    waiters, transfer = Waiters(10), make_transfer()
    one, other = (waiters.join(Awaited.TRANSFER, transfer.id) for _ in range(2))
    alone = waiters.join(Awaited.TRANSFER, uuid4())

    waiters.tell(transfer)

    assert one.wait(0)
    assert other.wait(0)
    assert one.transfer is transfer
    assert not alone.wait(0)


def test_who_has_seen_an_entry_is_not_woken_for_it():
    waiters, wallet = Waiters(10), uuid4()
    behind, ahead = (waiters.join(Awaited.EVENTS, wallet) for _ in range(2))
    behind.seen, ahead.seen = 4, 5

    waiters.ring(wallet, 5)

    assert behind.wait(0)
    assert not ahead.wait(0)


def test_a_ring_amid_a_look_is_heard_after_it():
    waiters, wallet = Waiters(10), uuid4()
    waiter = waiters.join(Awaited.EVENTS, wallet)
    waiters.ring(wallet)
    assert waiter.wait(0)

    waiter.heard()
    assert not waiter.wait(0)
    waiters.ring(wallet)

    assert waiter.wait(0)


def test_there_is_room_for_so_many_of_both_kinds_together():
    counts = Counts()
    waiters = Waiters(2, counts)
    waiters.join(Awaited.EVENTS, uuid4())
    waiter = waiters.join(Awaited.TRANSFER, uuid4())

    with pytest.raises(TooManyWaiters):
        waiters.join(Awaited.TRANSFER, uuid4())
    waiters.leave(waiter)
    waiters.leave(waiter)
    waiters.join(Awaited.EVENTS, uuid4())
    with pytest.raises(TooManyWaiters):
        waiters.join(Awaited.EVENTS, uuid4())

    assert counts.refused == [Awaited.TRANSFER, Awaited.EVENTS]
    assert counts.now == {Awaited.EVENTS: 2, Awaited.TRANSFER: 0}


def test_only_what_is_waited_for_is_among_the_keys():
    waiters, awaited, left = Waiters(10), uuid4(), uuid4()
    waiters.join(Awaited.TRANSFER, awaited)
    waiters.leave(waiters.join(Awaited.TRANSFER, left))

    assert waiters.among(Awaited.TRANSFER, [awaited.bytes, left.bytes, None]) == {awaited}
    assert waiters.among(Awaited.EVENTS, [awaited.bytes]) == set()
    assert waiters.keys(Awaited.TRANSFER) == [awaited]


def test_somebody_is_awaited_until_the_last_has_left():
    waiters = Waiters(10)
    assert not waiters.await_somebody(0)
    one, other = (waiters.join(Awaited.EVENTS, uuid4()) for _ in range(2))
    waiters.leave(one)
    assert waiters.await_somebody(0)

    waiters.leave(other)

    assert not waiters.await_somebody(0)


def test_when_the_process_stops_everybody_is_let_go_and_nobody_else_let_in():
    waiters = Waiters(10)
    some = [waiters.join(awaited, uuid4()) for awaited in (*Awaited, *Awaited)]
    with ThreadPoolExecutor(5) as pool:
        waits = [pool.submit(one.wait, LONG_S) for one in some]
        listener = pool.submit(waiters.await_somebody)
        assert listener.result()

        waiters.let_go()

        assert all(one.result() for one in waits)
    assert all(one.let_go for one in some)
    assert not waiters.await_somebody()
    with pytest.raises(Unavailable) as refusal:
        waiters.join(Awaited.EVENTS, uuid4())
    assert not isinstance(refusal.value, TooManyWaiters)


def test_many_who_come_and_go_leave_nothing_behind():
    counts = Counts()
    waiters = Waiters(8, counts)
    keys = [uuid4() for _ in range(3)]

    def come_and_go(number):
        try:
            waiter = waiters.join(list(Awaited)[number % 2], keys[number % 3])
        except TooManyWaiters:
            return
        waiters.ring(keys[number % 3])
        waiters.leave(waiter)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(come_and_go, range(2_000)))

    assert all(waiters.keys(awaited) == [] for awaited in Awaited)
    assert set(counts.now.values()) == {0}
    assert not waiters.await_somebody(0)
