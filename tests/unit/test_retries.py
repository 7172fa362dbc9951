"""Retries: each once, when it is due, and no more of them than there is room for."""

import pytest
from watching import Watch

from watcher import retries
from watcher.retries import SLACK_S, Retries


@pytest.fixture
def watch():
    return Watch()


def test_a_transfer_is_due_after_its_delay_and_once(watch):
    waiting = Retries(watch)
    waiting.add("slow", 2.0)
    waiting.add("quick", 1.0)

    assert waiting.due() == []
    watch.now = 1.0 + SLACK_S
    assert waiting.due() == ["quick"]
    watch.now = 9.0
    assert waiting.due() == ["slow"]
    assert waiting.due() == []


def test_ids_of_any_kind_wait_side_by_side(watch):
    waiting = Retries(watch)
    for one in ("text", 7, None):
        waiting.add(one, 0.0)
    watch.now = SLACK_S

    assert waiting.due() == ["text", 7, None]


def test_what_finds_no_room_is_left_out(watch, monkeypatch):
    monkeypatch.setattr(retries, "ROOM", 1)
    waiting = Retries(watch)
    waiting.add("first", 0.0)
    waiting.add("second", 0.0)
    watch.now = SLACK_S

    assert waiting.due() == ["first"]
