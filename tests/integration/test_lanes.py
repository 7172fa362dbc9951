"""A wide batch takes two transactions side by side; what happens in one lane is no matter of the other."""

from threading import Barrier

import pytest
from books import assert_balanced
from factories import open_wallets, queue_transfers, settlement_engine
from watching import Diary, execute_rows, make_executor

from wallet.errors import Unavailable
from wallet.rules.partition import PARTITIONS
from wallet.store.queue import Queue
from wallet.store.settling import SettlementEngine
from wallet.store.transactions import Collision
from watcher.lanes import LANES, WIDE
from watcher.window import Window

AT_ONCE_S = 10.0


@pytest.fixture
def diary():
    return Diary()


@pytest.fixture
def transfers(database):
    """Enough for two lanes; each of fifty receivers has several."""
    sender, *receivers = open_wallets(database, 51, 1_000_000)
    return queue_transfers(database, sender, receivers * (WIDE // 25), 100)


class _Lanes:
    """The real engine, with something that happens to each lane before, told by the lane's number."""

    def __init__(self, engine: SettlementEngine, *happenings):
        self._engine = engine
        self._happenings = happenings
        self.vouch, self.give_up = engine.vouch, engine.give_up
        self.taken = []

    def settle(self, vouched, date):
        self.taken.append(vouched.transfers)
        self._happenings[vouched.transfers[0].partition % LANES]()
        return self._engine.settle(vouched, date)


def execute(database, diary, engine, **parts):
    pending = Queue(database).pending(range(PARTITIONS), 1_000)
    return execute_rows(make_executor(database, diary, engine=engine, **parts), pending)


def failing(fault):
    def fail():
        raise fault

    return fail


def passing():
    """Nothing happens."""


def test_both_lanes_are_under_way_at_the_same_time_and_share_no_receiver(database, diary, transfers):
    together = Barrier(LANES, timeout=AT_ONCE_S).wait
    engine = _Lanes(settlement_engine(database), together, together)

    assert execute(database, diary, engine) == []

    one, other = ({row.target for row in lane} for lane in engine.taken)
    assert not one & other
    assert sorted(diary.settled) == sorted(transfers)
    assert_balanced(database)


def test_a_narrow_batch_takes_one_transaction(database, diary):
    sender, *receivers = open_wallets(database, WIDE, 1_000_000)
    queue_transfers(database, sender, receivers, 100)
    engine = _Lanes(settlement_engine(database), passing, passing)

    execute(database, diary, engine)

    assert len(engine.taken) == 1


@pytest.mark.parametrize("order", [1, -1])
def test_what_one_lane_committed_is_told_though_the_store_failed_the_other(database, diary, transfers, order):
    engine = _Lanes(settlement_engine(database), *[failing(Unavailable()), passing][::order])

    with pytest.raises(Unavailable):
        execute(database, diary, engine)

    left = {row.id for row in Queue(database).pending(range(PARTITIONS), 1_000).transfers}
    assert left
    assert diary.settled
    assert sorted(diary.settled) == sorted(set(transfers) - left)
    assert_balanced(database)


def test_a_lane_that_collides_is_looked_at_again_in_a_smaller_batch(database, diary, transfers):
    window = Window(1_000)
    engine = _Lanes(settlement_engine(database), passing, failing(Collision()))

    again = execute(database, diary, engine, window=window)

    assert sorted(again + diary.settled) == sorted(transfers)
    assert again
    assert diary.settled
    assert window.size == len(transfers) // 2
    assert_balanced(database)
