"""Rendezvous hashing: every partition has one owner, and a change of watchers moves as little as can be."""

from collections import Counter
from statistics import mean
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wallet.rules.partition import PARTITIONS, owned, partition_of

names = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=20)
rolls = st.sets(names, min_size=1, max_size=8)


def shares(alive):
    return {name: set(owned(name, alive)) for name in alive}


@given(st.uuids())
def test_a_receiver_has_one_partition(receiver):
    assert 0 <= partition_of(receiver) < PARTITIONS
    assert partition_of(receiver) == partition_of(UUID(str(receiver)))


def test_receivers_are_spread_over_all_partitions():
    counts = Counter(partition_of(UUID(int=number)) for number in range(64_000))

    assert len(counts) == PARTITIONS
    assert max(counts.values()) < 1.25 * mean(counts.values())


def test_a_partition_is_for_ever():
    """It lies in the rows: a release that counts otherwise would look for them in the wrong place."""
    assert [partition_of(UUID(int=number)) for number in range(5)] == [12, 49, 38, 33, 16]


@given(rolls)
def test_every_partition_has_exactly_one_owner(alive):
    owners = Counter(partition for share in shares(alive).values() for partition in share)

    assert owners == Counter(range(PARTITIONS))


@given(rolls, names)
def test_one_who_leaves_gives_up_only_its_own(alive, leaver):
    staying = alive - {leaver}
    before, after = shares(staying | {leaver}), shares(staying)

    for name in staying:
        assert before[name] <= after[name]
        assert after[name] - before[name] <= before[leaver]


@given(rolls, names)
def test_one_who_joins_takes_only_what_it_gets(alive, joiner):
    before, after = shares(alive), shares(alive | {joiner})

    for name in alive - {joiner}:
        assert after[name] == before[name] - after[joiner]


@given(rolls)
def test_a_watcher_counts_itself_in(alive):
    """Its own heartbeat may be the one that it has not read yet."""
    assert owned("a watcher of its own", alive) == owned(
        "a watcher of its own", {*alive, "a watcher of its own"}
    )


def test_a_lone_watcher_has_everything():
    assert owned("one", []) == list(range(PARTITIONS))


@pytest.mark.parametrize("count", [2, 3, 4, 8])
def test_shares_are_fair(count):
    """Over many sets of watchers, the smallest share is not far from an equal one."""
    rolls = [[f"watcher-{roll}-{number}" for number in range(count)] for roll in range(60)]

    sizes = [len(share) for roll in rolls for share in shares(roll).values()]

    equal = PARTITIONS / count
    assert mean(sizes) == equal
    assert mean(abs(size - equal) for size in sizes) < 0.4 * equal
    assert min(sizes) > 0
