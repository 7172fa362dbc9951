"""The watchers' rows as others see them."""

import time

from watching import wait_until

from wallet.store.membership import Membership
from wallet.store.watchers import ALIVE_S, Watchers
from watcher.share import DEAD_AFTER_S


def test_alive_means_what_it_means_among_watchers():
    assert ALIVE_S == DEAD_AFTER_S


def test_who_beats_is_alive_and_who_is_silent_is_not(database):
    Membership(database, "a", dead_after_s=DEAD_AFTER_S).beat()
    database["watchers"].update_one({"_id": "a"}, [{"$set": {"beat": {"$subtract": ["$$NOW", 60_000]}}}])
    Membership(database, "b", dead_after_s=DEAD_AFTER_S).beat()

    silent, beating = Watchers(database).all()

    assert (silent.name, silent.alive) == ("a", False)
    assert 60 <= silent.silent_s < 70
    assert (beating.name, beating.alive) == ("b", True)


def test_a_tally_survives_the_next_beat(database):
    member = Membership(database, "a", dead_after_s=DEAD_AFTER_S)
    member.beat()

    Watchers(database).publish("a", {"settled": 7})
    member.beat()

    assert Watchers(database).all()[0].tally == {"settled": 7}


def test_what_is_told_is_dated_by_the_server(database, monkeypatch):
    member = Membership(database, "a", dead_after_s=DEAD_AFTER_S)
    member.beat()
    assert (Watchers(database).all()[0].depth, Watchers(database).all()[0].told_at) == (None, None)
    monkeypatch.setattr(time, "time", lambda: 0.0)

    Watchers(database).publish("a", {"settled": 7}, 3)

    (row,) = Watchers(database).all()
    assert row.depth == 3
    assert abs((row.told_at - row.beat).total_seconds()) < 60


def test_a_watcher_that_left_is_not_brought_back_by_its_tally(database):
    member = Membership(database, "a", dead_after_s=DEAD_AFTER_S)
    member.beat()
    member.leave()

    Watchers(database).publish("a", {"settled": 7})

    assert Watchers(database).all() == []


def test_silence_is_measured_by_the_server(database, monkeypatch):
    """A wrong clock here makes nobody dead."""
    Membership(database, "a", dead_after_s=DEAD_AFTER_S).beat()
    monkeypatch.setattr(time, "time", lambda: 0.0)

    wait_until(lambda: Watchers(database).all()[0].alive)
