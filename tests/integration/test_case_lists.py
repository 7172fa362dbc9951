"""Lists for operators: the right rows in the right order, page by page, however odd a row is."""

from datetime import timedelta

import pytest
from factories import (
    make_transfer,
    open_wallets,
    queue_transfer,
    queue_transfers,
    settle_rows,
    settlement_engine,
)

from wallet import clock
from wallet.rules.partition import partition_of
from wallet.store import documents
from wallet.store.case_lists import CaseLists, View, Wanted, place_after
from wallet.store.census import Census
from wallet.store.queue import Queue

NOW = clock.now()


def ago(**span):
    return NOW - timedelta(**span)


@pytest.fixture
def lists(database):
    return CaseLists(database)


@pytest.fixture
def people(database):
    """A sender and three targets."""
    return open_wallets(database, 4, 100_000)


def ids(rows):
    return [row.id for row in rows]


def settle(database, *transfers):
    return settle_rows(settlement_engine(database), Queue(database).named(transfers).transfers)


def fail(database, *transfers, date=None):
    settlement_engine(database).give_up(dict.fromkeys(transfers, "poison"), date or clock.now())


def test_each_transfer_is_in_one_view(database, lists, people):
    sender, target, *_ = people
    waits, parked, failed, settled = queue_transfers(database, sender, [target] * 4)
    Queue(database).park(parked, "poison")
    fail(database, failed)
    settle(database, settled)

    views = {view: ids(lists.page(view, 10, Wanted(sender=sender))) for view in View}

    assert views == {
        View.WAITING: [waits],
        View.PARKED: [parked],
        View.FAILED: [failed],
        View.SETTLED: [settled],
    }


def test_those_that_wait_come_oldest_first_and_those_that_failed_newest_first(database, lists, people):
    sender, *targets = people
    transfers = [
        queue_transfer(database, sender, target, date=ago(minutes=minutes))
        for target, minutes in zip(targets, (1, 3, 2), strict=True)
    ]
    oldest_first = [transfers[1], transfers[2], transfers[0]]

    assert ids(lists.page(View.WAITING, 10)) == oldest_first
    for seconds, transfer in enumerate(transfers):
        fail(database, transfer, date=NOW + timedelta(seconds=seconds))
    assert ids(lists.page(View.FAILED, 10)) == transfers[::-1]


@pytest.mark.parametrize("view", [View.WAITING, View.PARKED, View.FAILED])
def test_pages_hold_every_row_once_even_when_many_have_one_date(database, lists, people, view):
    sender, *targets = people
    transfers = [
        *queue_transfers(database, sender, targets * 3, 1, date=ago(minutes=2)),
        *queue_transfers(database, sender, targets, 1, date=ago(minutes=1)),
    ]
    if view is View.PARKED:
        for one in transfers:
            Queue(database).park(one, "poison")
    if view is View.FAILED:
        fail(database, *transfers)

    seen, start = [], None
    while page := lists.page(view, 4, start=start):
        seen += ids(page)
        start = place_after(view, page, start)

    assert len(seen) == len(transfers)
    assert set(seen) == set(transfers)


@pytest.mark.parametrize("view", [View.WAITING, View.PARKED, View.FAILED])
def test_filters(database, lists, people, view):
    sender, target, other, second = people
    wanted = queue_transfer(database, sender, target, date=ago(minutes=5))
    rest = [
        queue_transfer(database, sender, other, date=ago(minutes=5)),
        queue_transfer(database, second, target, date=ago(minutes=5)),
        queue_transfer(database, sender, target, date=ago(hours=5)),
    ]
    database["transfers"].update_one({"_id": wanted}, {"$set": {"request_id": "of a client"}})
    if view is View.PARKED:
        for one in (wanted, *rest):
            Queue(database).park(one, "poison")
    if view is View.FAILED:
        fail(database, wanted, *rest)

    found = lists.page(view, 10, Wanted(sender=sender, target=target, since=ago(hours=1)))

    assert ids(found) == [wanted]
    assert ids(lists.page(view, 10, Wanted(request_id="of a client"))) == [wanted]


def test_settled_ones_are_found_by_sender_and_by_target_newest_first(database, lists, people):
    sender, target, other, _ = people
    first = queue_transfer(database, sender, target, date=ago(hours=2))
    second = queue_transfer(database, sender, target)
    elsewhere = queue_transfer(database, sender, other)
    settle(database, first, second, elsewhere)

    assert ids(lists.page(View.SETTLED, 10, Wanted(sender=sender))) == [elsewhere, second, first]
    assert set(ids(lists.page(View.SETTLED, 10, Wanted(target=target)))) == {second, first}
    assert ids(lists.page(View.SETTLED, 1, Wanted(sender=sender, target=target))) == [second]
    assert ids(lists.page(View.SETTLED, 10, Wanted(target=target, since=ago(hours=1)))) == [second]


@pytest.mark.forged
def test_a_row_that_another_hand_wrote_is_listed_with_what_is_wrong(database, lists):
    forged = documents.transfer_document(make_transfer(parked=True)) | {"amount": "much"}
    database["transfers"].insert_one(forged, bypass_document_validation=True)

    [row] = lists.page(View.PARKED, 10)

    assert (row.id, row.amount, row.transfer) == (forged["_id"], "much", None)
    assert "amount is not a int" in row.fault


class TestCensus:
    def test_adds_up_each_partition(self, database, people):
        sender, target, other, _ = people
        queue_transfer(database, sender, target, 10, date=ago(minutes=5))
        queue_transfer(database, sender, target, 20)
        parked = queue_transfer(database, sender, other, 40, date=ago(minutes=9))
        Queue(database).park(parked, "poison")
        settle(database, queue_transfer(database, sender, other, 80))

        crowds = {one.partition: one for one in Census(database).crowds()}

        both = {partition_of(target), partition_of(other)}
        assert set(crowds) == both
        assert sum(one.rupiah for one in crowds.values()) == 70
        assert (sum(one.waiting for one in crowds.values()), sum(one.parked for one in crowds.values())) == (
            2,
            1,
        )
        assert crowds[partition_of(target)].oldest == ago(minutes=5), "those that wait, not the parked"

    def test_of_nothing_is_nothing(self, database):
        assert Census(database).crowds() == []
