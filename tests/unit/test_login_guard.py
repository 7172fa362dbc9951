"""How long guessers wait: five tries in any quarter of an hour, and ever fewer after that."""

from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from wallet.rules.login_guard import FORGOTTEN_AFTER_S, LOCKS_AT, WAITS_S, locks, wait_after

WINDOW_S = 15 * 60
MOST_IN_WINDOW = 5
DAY_S = 86_400


def tries_of(pauses):
    """When somebody tries who waits as long as he must, and then as long as he likes: seconds."""
    moment, tries = 0.0, 0
    for pause in pauses:
        tries += 1
        yield moment
        moment += wait_after(tries) + pause
        if pause >= FORGOTTEN_AFTER_S:
            tries = 0


@given(st.lists(st.one_of(st.just(0), st.floats(0, 2_000), st.just(FORGOTTEN_AFTER_S)), max_size=60))
def test_nobody_gets_more_than_five_tries_in_a_quarter_of_an_hour(pauses):
    moments = list(tries_of(pauses))

    for first, sixth in zip(moments, moments[MOST_IN_WINDOW:], strict=False):
        assert sixth - first >= WINDOW_S


def test_a_tireless_guesser_gets_fourteen_tries_on_the_first_day_and_six_on_each_that_follows():
    moments = []
    for moment in tries_of(0 for _ in count()):
        if moment >= 3 * DAY_S:
            break
        moments.append(moment)

    days = [sum(int(moment // DAY_S) == day for moment in moments) for day in range(3)]

    assert days == [14, 6, 6]


def test_who_mistypes_once_or_twice_does_not_wait():
    assert [wait_after(tries) for tries in (1, 2)] == [0, 0]


def test_waits_only_grow_and_the_last_one_stays():
    waits = [wait_after(tries) for tries in range(1, 30)]

    assert waits == sorted(waits)
    assert set(waits[len(WAITS_S) :]) == {WAITS_S[-1]}


def test_what_is_called_a_lock_is_a_quarter_of_an_hour_or_more():
    assert [locks(tries) for tries in (LOCKS_AT - 1, LOCKS_AT, 99)] == [False, True, True]
    assert wait_after(LOCKS_AT) == WINDOW_S
