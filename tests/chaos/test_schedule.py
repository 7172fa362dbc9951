"""The schedule is the seed's: the same one again, for as long as the run lasts, and with enough in it."""

from itertools import pairwise

import pytest

from tests.chaos.faults import FAULTS
from tests.chaos.faults.disturbance import NAMESPACES
from tests.chaos.lanes import lanes_of
from tests.chaos.schedule import draw

SECONDS = 120.0


def schedule(seed, faults="mixed"):
    return [turn for lane in lanes_of(faults, isolated=True) for turn in draw(lane, FAULTS, seed, SECONDS)]


def test_the_same_seed_gives_the_same_schedule():
    assert schedule(7) == schedule(7)
    assert schedule(7) != schedule(8)


def test_every_fault_has_ended_and_rested_when_the_run_ends():
    for seed in range(20):
        for turn in schedule(seed):
            assert turn.at_s + turn.lasts_s + FAULTS[turn.fault].rests_s <= SECONDS


def test_one_lane_never_has_two_faults_at_a_time():
    for lane in lanes_of("mixed", isolated=True):
        turns = draw(lane, FAULTS, 7, SECONDS)
        for before, after in pairwise(turns):
            assert before.at_s + before.lasts_s < after.at_s


def test_a_mixed_run_kills_enough():
    """Thirty runs are to kill three hundred watchers and a hundred primaries."""
    deaths, primaries = [], []
    for seed in range(30):
        faults = [turn.fault for turn in schedule(seed)]
        deaths.append(sum(fault in {"watcher-killed", "watcher-crashed"} for fault in faults))
        primaries.append(faults.count("primary-killed"))
    assert sum(deaths) >= 330
    assert sum(primaries) >= 100
    assert min(primaries) >= 3


def test_every_fault_comes_up_in_some_mixed_run():
    seen = {turn.fault for seed in range(60) for turn in schedule(seed)}
    assert seen == set(FAULTS) - {"stream-long-dead"}


def test_a_named_fault_comes_alone():
    assert {turn.fault for turn in schedule(1, "poison")} == {"poison"}


def test_what_needs_namespaces_is_left_out_without_them():
    without = [name for lane in lanes_of("mixed", isolated=False) for name in [*lane.faults, *lane.seldom]]
    assert "watcher-killed" in without
    assert not any(FAULTS[name].needs == NAMESPACES for name in without)
    with pytest.raises(ValueError, match="needs namespaces"):
        lanes_of("cut-off-primary", isolated=False)


def test_an_unknown_fault_is_refused():
    with pytest.raises(ValueError, match="is no fault"):
        lanes_of("watcher-tickled", isolated=True)
