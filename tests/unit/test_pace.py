"""When to come again: as the watchers' own numbers have it, never a guess, and always within a minute."""

from datetime import timedelta

import pytest
from watching import Watch, wait_until

from wallet import clock
from wallet.errors import Unavailable
from wallet.store.watchers import WatcherRow
from wallet.use_cases.pace import FRESH_S, UNKNOWN, Outlook, Pace

START = clock.now()


def row(name="a", *, at=0.0, settled=0, depth=0, silent_s=0.1, **tally):
    told_at = START + timedelta(seconds=at)
    return WatcherRow(name, told_at, silent_s, {"settled": settled, **tally}, depth, told_at)


@pytest.fixture
def outlook():
    """A function that looks at each of several readings in turn, and returns the outlook after the last."""

    def outlook(*readings):
        pace = Pace(iter(readings).__next__)
        for _ in readings:
            pace.look()
        return pace.outlook()

    return outlook


def test_before_anything_was_read_nothing_is_known():
    assert Pace(list).outlook() == UNKNOWN == Outlook(1, None)


def test_how_many_wait_is_known_before_how_fast_they_go(outlook):
    assert outlook([row(depth=700)]) == Outlook(1, 700)


def test_the_queue_divided_by_its_pace_is_the_answer(outlook):
    assert outlook([row(depth=9_000)], [row(at=5, settled=1_000, depth=2_100)]) == Outlook(11, 2_100)


def test_watchers_work_side_by_side(outlook):
    before = [row("a", depth=9_000), row("b", depth=9_000)]
    after = [row("a", at=5, settled=500, depth=2_100), row("b", at=4, settled=400, depth=2_500)]

    assert outlook(before, after) == Outlook(11, 2_100)


def test_refunds_and_parked_ones_have_left_the_queue_too(outlook):
    done = row(at=5, refunded=60, parked=40, retried=1_000, depth=100)

    assert outlook([row(depth=200, retried=0)], [done]) == Outlook(5, 100)


def test_it_is_reckoned_between_what_was_told_and_not_between_looks(outlook):
    """A look that finds the same again knows no more than the one before."""
    before, after = [row(depth=900)], [row(at=5, settled=100, depth=900)]

    assert outlook(before, after, after, after) == Outlook(45, 900)


@pytest.mark.parametrize(("settled", "depth", "seconds"), [(5, 10_000, 60), (5_000, 1, 1), (5_000, 0, 1)])
def test_it_is_never_less_than_a_second_or_more_than_a_minute(outlook, settled, depth, seconds):
    assert outlook([row(depth=1)], [row(at=5, settled=settled, depth=depth)]).retry_after_s == seconds


def test_a_queue_that_stands_still_is_worth_a_minute(outlook):
    assert outlook([row(depth=10)], [row(at=5, depth=10)]) == Outlook(60, 10)


def test_a_queue_that_has_just_begun_is_not(outlook):
    assert outlook([row(depth=0)], [row(at=5, depth=10)]) == Outlook(1, 10)


def test_one_that_is_silent_is_not_believed(outlook):
    assert outlook([row(depth=900)], [row(at=5, settled=1, depth=900, silent_s=3.0)]) == UNKNOWN


def test_tallies_far_apart_tell_nothing_about_now(outlook):
    assert outlook([row(depth=900)], [row(at=31, settled=31, depth=900)]) == Outlook(1, 900)


def test_one_that_has_told_nothing_yet_is_left_out(outlook):
    assert outlook([WatcherRow("a", START, 0.1, {})]) == UNKNOWN


def test_a_watcher_that_began_anew_has_done_nothing_less(outlook):
    assert outlook([row(depth=9, settled=1_000)], [row(at=5, settled=10, depth=9)]).retry_after_s == 60


def test_what_was_read_long_ago_is_not_known():
    watch = Watch()
    pace = Pace(lambda: [row(depth=7)], clock=watch)
    pace.look()
    watch.now = FRESH_S
    assert pace.outlook().ahead == 7

    watch.now = FRESH_S + 1

    assert pace.outlook() == UNKNOWN


def test_nobody_is_asked_unless_somebody_asks_and_then_not_by_whoever_does():
    looks = []

    def read():
        looks.append(1)
        if len(looks) == 1:
            raise Unavailable
        return [row(depth=3)]

    pace = Pace(read)
    pace.start()
    try:
        assert looks == []
        assert pace.outlook() == UNKNOWN
        wait_until(lambda: pace.outlook().ahead == 3)
    finally:
        pace.close()
    assert len(looks) == 2
