"""Waiting for a transfer: at once when it is settled, never longer than was said, and seldom asking."""

from uuid import uuid4

import pytest
from factories import make_transfer

from wallet.models import TransferStatus
from wallet.use_cases.settled_poll import LONGEST_PAUSE_S, SettledPoll


class _Queue:
    """A transfer that is settled at a second of its own clock, which only sleep moves."""

    def __init__(self, settled_at):
        self.now = 0.0
        self.asked = 0
        self.pauses = []
        self._settled_at = settled_at

    def transfer(self, transfer_id):
        self.asked += 1
        settled = self._settled_at is not None and self.now >= self._settled_at
        return make_transfer(
            id=transfer_id, status=TransferStatus.SUCCESS if settled else TransferStatus.PENDING
        )

    def sleep(self, seconds):
        self.pauses.append(seconds)
        self.now += seconds

    @property
    def poll(self):
        return SettledPoll(self, sleep=self.sleep, monotonic=lambda: self.now)


def test_what_is_settled_is_not_waited_for():
    queue = _Queue(settled_at=0)

    assert queue.poll.wait_until_settled(uuid4(), 7)
    assert (queue.asked, queue.pauses) == (1, [])


@pytest.mark.parametrize("settled_at", [0.01, 0.1, 1, 6.9])
def test_it_is_told_soon_after_it_is_settled(settled_at):
    queue = _Queue(settled_at)

    assert queue.poll.wait_until_settled(uuid4(), 7)
    assert settled_at <= queue.now <= settled_at + min(0.02 + settled_at * 0.6, LONGEST_PAUSE_S)


@pytest.mark.parametrize("seconds", [0, 0.001, 0.5, 7])
def test_it_never_waits_longer_than_was_said(seconds):
    queue = _Queue(settled_at=None)

    assert not queue.poll.wait_until_settled(uuid4(), seconds)
    assert queue.now == pytest.approx(seconds)


def test_it_asks_seldom():
    queue = _Queue(settled_at=None)
    queue.poll.wait_until_settled(uuid4(), 7)

    assert queue.asked < 25
    assert max(queue.pauses) <= LONGEST_PAUSE_S


def test_what_is_there_when_the_time_is_up_counts():
    queue = _Queue(settled_at=0.5)

    assert queue.poll.wait_until_settled(uuid4(), 0.5)
