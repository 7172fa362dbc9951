"""A bucket's arithmetic is in whole milliseconds, so that what fits is the same for us and for the server."""

import pytest

from wallet.rules.rate import MINUTE_MS, Rate


@pytest.mark.parametrize("a_minute", [1, 7, 60, 3_000, MINUTE_MS])
def test_as_many_at_once_as_in_a_minute_and_never_fewer(a_minute):
    rate = Rate(a_minute)

    assert rate.span_ms == rate.interval_ms * a_minute
    assert 0 < rate.span_ms <= MINUTE_MS
