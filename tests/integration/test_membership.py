"""Who is alive is decided by the server's clock, and who leaves is gone at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from wallet.errors import Unavailable
from wallet.store.membership import Membership

DEAD_AFTER_S = 2.5


@pytest.fixture
def join(database):
    return lambda name: Membership(database, name, dead_after_s=DEAD_AFTER_S)


def age(database, name, seconds):
    """Let a watcher's last beat have been ``seconds`` ago, by the server's clock."""
    ago = {"$subtract": ["$$NOW", int(seconds * 1_000)]}
    database["watchers"].update_one({"_id": name}, [{"$set": {"beat": ago}}])


def test_a_lone_watcher_is_alive(join):
    assert join("one").beat().alive == ["one"]


def test_a_beat_tells_the_servers_time(join):
    at = join("one").beat().at

    assert abs(at - datetime.now(UTC)) < timedelta(seconds=2)


def test_all_who_beat_are_alive(join):
    join("one").beat()
    join("two").beat()

    assert sorted(join("three").beat().alive) == ["one", "three", "two"]


def test_one_that_has_not_been_heard_of_is_dead(database, join):
    join("dead").beat()
    age(database, "dead", DEAD_AFTER_S + 0.1)

    assert join("one").beat().alive == ["one"]


def test_one_that_was_heard_of_lately_is_alive(database, join):
    join("slow").beat()
    age(database, "slow", DEAD_AFTER_S - 1.0)

    assert sorted(join("one").beat().alive) == ["one", "slow"]


def test_one_that_wakes_up_is_alive_again(database, join):
    frozen = join("frozen")
    frozen.beat()
    age(database, "frozen", 3_000)

    frozen.beat()

    assert sorted(join("one").beat().alive) == ["frozen", "one"]


def test_one_that_leaves_is_gone_at_once(join):
    one, two = join("one"), join("two")
    one.beat()
    two.beat()

    two.leave()

    assert one.beat().alive == ["one"]


def test_leaving_twice_or_without_having_come_is_no_fault(join):
    one = join("one")

    one.leave()
    one.leave()


def test_many_can_come_at_once(join):
    watchers = [join(f"watcher-{number}") for number in range(8)]

    with ThreadPoolExecutor(len(watchers)) as pool:
        list(pool.map(Membership.beat, watchers))

    assert len(join("watcher-0").beat().alive) == len(watchers)


def test_the_rows_of_the_forgotten_are_swept_away(database):
    """Every restart is a new name: an index with a time to live takes the old ones away."""
    assert database["watchers"].index_information()["forget"]["expireAfterSeconds"] == 3_600


def test_a_row_that_vanishes_between_two_breaths_is_worth_a_retry(join, monkeypatch):
    one = join("one")
    monkeypatch.setattr(one._watchers, "find_one_and_update", lambda *_args, **_options: None)

    with pytest.raises(Unavailable):
        one.beat()
