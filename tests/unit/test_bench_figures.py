"""A figure's ratio to the yardstick, and the goal it is held to."""

import pytest

from bench.figure import AtLeast, AtMost, Figure, Unit

N = 500.0


def test_a_rate_is_told_in_yardsticks():
    assert Figure("drain", 6_000, Unit.RATE).ratio_to(N) == 12


@pytest.mark.parametrize(("value", "unit"), [(10, Unit.MILLISECONDS), (0.01, Unit.SECONDS)])
def test_a_time_is_told_in_transfers_that_the_yardstick_makes_meanwhile(value, unit):
    assert Figure("p50", value, unit).ratio_to(N) == pytest.approx(5)


@pytest.mark.parametrize("unit", [Unit.MEGABYTES, Unit.TIMES])
def test_what_is_neither_rate_nor_time_has_no_ratio(unit):
    assert Figure("memory", 80, unit).ratio_to(N) is None


@pytest.mark.parametrize(("rate", "met"), [(4_999, False), (5_000, True)])
def test_a_goal_in_yardsticks_is_held_against_the_ratio(rate, met):
    assert Figure("drain", rate, Unit.RATE, AtLeast(10, of_n=True)).meets_goal(N) is met


@pytest.mark.parametrize(("milliseconds", "met"), [(15, True), (15.1, False)])
def test_a_goal_in_its_own_unit_is_held_against_the_value(milliseconds, met):
    assert Figure("p50", milliseconds, Unit.MILLISECONDS, AtMost(15)).meets_goal(N) is met


def test_without_a_yardstick_only_goals_in_its_own_unit_are_judged():
    assert Figure("drain", 9_000, Unit.RATE, AtLeast(10, of_n=True)).meets_goal(None) is None
    assert Figure("memory", 80, Unit.MEGABYTES, AtMost(150)).meets_goal(None) is True


def test_the_yardstick_measured_beside_a_figure_wins_over_that_of_the_run():
    figure = Figure("drain", 6_000, Unit.RATE, AtLeast(10, of_n=True), beside=1_000)

    assert figure.ratio_to(N) == 6
    assert figure.meets_goal(N) is False
