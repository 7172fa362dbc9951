"""What the bench says that a transfer costs is what the processes had of the processors."""

import os
import time

import pytest

from bench.processor import ProcessorTime, processor_s

BUSY_S = 0.2


def _work(seconds):
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass


def test_processor_time_counts_work_and_not_waiting():
    before = processor_s(os.getpid())

    _work(BUSY_S)
    worked = processor_s(os.getpid()) - before
    time.sleep(BUSY_S)

    assert worked == pytest.approx(BUSY_S, abs=0.05)
    assert processor_s(os.getpid()) - before - worked < BUSY_S / 2


def test_only_what_is_spent_while_watched_counts_and_is_told_per_transfer():
    spent = ProcessorTime({"me": [os.getpid()]})
    _work(BUSY_S)
    for _ in range(2):
        with spent.watched():
            _work(BUSY_S)

    (figure,) = spent.figures("drain", 1_000)

    assert figure.name == "drain: me, processor time a transfer"
    assert figure.value == pytest.approx(2 * BUSY_S * 1e6 / 1_000, rel=0.3)
