"""A wait is granted only out of what is left of a request: it is answered within ten seconds all the same."""

from time import perf_counter

import pytest
from flask import Flask, g

from service.patience import granted, waiting


@pytest.fixture(autouse=True)
def _request():
    with Flask(__name__).test_request_context():
        yield


@pytest.mark.parametrize(
    ("asked_s", "spent_s", "seconds"),
    [(5, 0.0, 5), (8, 0.0, 8), (999_999_999, 0.0, 8), (8, 3.5, 4), (2, 3.5, 2), (8, 7.5, 0), (8, 60.0, 0)],
)
def test_it_is_as_long_as_asked_for_but_never_longer_than_what_is_left(asked_s, spent_s, seconds):
    g.started = perf_counter() - spent_s

    assert granted(asked_s) == seconds


def test_the_time_of_a_wait_is_noted_even_when_it_ends_badly():
    with pytest.raises(RuntimeError), waiting():
        raise RuntimeError

    assert 0 <= g.waited_s < 1
