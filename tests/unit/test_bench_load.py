"""What wrk says, percentiles of our own samples, and samples taken in turn."""

import pytest

from bench.in_turn import in_turn
from bench.load import Load, parse, together
from bench.percentiles import percentile

LINE = (
    '{"requests":12000,"duration_us":10000000,"p50_us":51000,"p99_us":120500,'
    '"bad_statuses":2,"socket_errors":1}'
)


def test_the_line_of_the_script_becomes_a_load():
    load = parse(LINE)

    assert load == Load(requests=12_000, seconds=10.0, p50_ms=51.0, p99_ms=120.5, failures=3)
    assert load.rate == 1_200


def test_loads_side_by_side_add_up_and_the_slowest_speaks_for_all():
    one = Load(requests=1_000, seconds=2.0, p50_ms=10, p99_ms=30, failures=0)
    two = Load(requests=500, seconds=2.0, p50_ms=20, p99_ms=25, failures=1)

    both = together([one, two])

    assert both == Load(requests=1_500, seconds=2.0, p50_ms=20, p99_ms=30, failures=1)
    assert both.rate == 750


@pytest.mark.parametrize(("percent", "expected"), [(0, 1), (50, 50), (99, 99), (99.5, 100), (100, 100)])
def test_a_percentile_is_the_nearest_rank(percent, expected):
    assert percentile(range(100, 0, -1), percent) == expected


def test_the_percentile_of_one_sample_is_that_sample():
    assert percentile([7.5], 99) == 7.5


def test_measurements_are_taken_in_turn():
    order = []

    samples = in_turn(range(2), lambda: order.append("a") or 1, lambda: order.append("b") or 2)

    assert order == ["a", "b", "a", "b"]
    assert samples == [[1, 1], [2, 2]]
