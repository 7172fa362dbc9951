"""A few seconds of the simulator in each run of the tests; `make simulate` goes on as long as one likes."""

import os
import secrets
import subprocess
import sys
import time
from itertools import count

import pytest

from tests.simulation.campaign import Failure, find, outcome_of
from tests.simulation.mutants import MUTANTS
from tests.simulation.run import run
from tests.simulation.stand_ins import installed

SLICE_S = 1.5
SEEDS = 1_000
"""In which every planted bug must be found."""


def hold(first):
    began = time.monotonic()
    with installed():
        for seed in count(first):
            outcome = outcome_of(seed)
            assert not isinstance(outcome, Failure), f"make simulate SEED={seed}\n{outcome.why}"
            if time.monotonic() - began > SLICE_S:
                return


@pytest.mark.parametrize("first", [0, secrets.randbelow(2**32)], ids=["the same seeds", "fresh seeds"])
def test_the_promises_hold_in_any_world(first):
    """P1-P10 after every commit, and every transfer and request at its end, whatever went wrong before."""
    hold(first)


def test_a_seed_decides_everything():
    """The same steps at the same times, to the last word."""

    def steps():
        told = []
        with installed():
            run(7, lambda *step: told.append(step))
        return told

    first = steps()

    assert len(first) > 100
    assert first == steps()


def test_a_seed_can_be_replayed_in_another_process():
    """Nothing depends on how Python hashes words."""
    told = [
        subprocess.run(
            [sys.executable, "-m", "tests.simulation", "--seed", "7"],
            env=os.environ | {"PYTHONHASHSEED": hashing},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hashing in ("1", "2")
    ]

    assert "every promise was kept" in told[0]
    assert told[0] == told[1]


@pytest.mark.parametrize("bug", MUTANTS)
def test_a_planted_bug_is_found(bug):
    assert find(bug, most=SEEDS).failure is not None
