"""Every query of the queue, the history and the books is served by an index, at any size."""

from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import pymongo
import pytest
from factories import (
    balance_of,
    open_wallets,
    payment,
    post,
    queue_transfers,
    settle_rows,
    settlement_engine,
)
from pymongo.monitoring import CommandListener

from wallet import clock
from wallet.audit.rolling import RollingCheck
from wallet.cases import Note
from wallet.models import EntryId, Kind, Side, TransferStatus
from wallet.rules.filters import EVERYTHING, Filter
from wallet.rules.partition import PARTITIONS
from wallet.store.accounts import AccountStore
from wallet.store.books import Books
from wallet.store.calendar import Calendar
from wallet.store.case_lists import CaseLists, Place, View, Wanted
from wallet.store.cases import CaseStore
from wallet.store.census import Census
from wallet.store.client import CODEC, open_database
from wallet.store.history import HistoryStore
from wallet.store.marking import OperatorMarks
from wallet.store.proofs import Proofs
from wallet.store.queue import Queue
from wallet.store.standing import NotSettled, Standing
from wallet.store.statements import StatementStore
from wallet.store.transactions import Transactions

pytestmark = pytest.mark.alone
"""The server tries plans out: whatever else it does can cost the better one all its trials."""

EVERYWHERE = list(range(PARTITIONS))
READS = ("find", "aggregate", "update", "findAndModify")
# What a driver puts around a command, and explain does not take.
ENVELOPE = {
    "lsid",
    "$db",
    "$clusterTime",
    "txnNumber",
    "autocommit",
    "startTransaction",
    "readConcern",
    "writeConcern",
}


class _Recorder(CommandListener):
    """Keeps the commands as they went to the server."""

    def __init__(self):
        self.commands = []

    def started(self, event):
        if event.command_name in READS:
            command = {name: value for name, value in event.command.items() if name not in ENVELOPE}
            self.commands += _singly(command)

    def succeeded(self, event):
        pass

    def failed(self, event):
        pass


def _singly(command):
    """Explain takes one update at a time."""
    return [command | {"updates": [update]} for update in command.get("updates", ())] or [command]


@pytest.fixture
def asked_in(mongod, database):
    """Return a context that yields a list; after it, the queries made in it are there."""
    recorder = _Recorder()
    client = pymongo.MongoClient(
        mongod.uri, event_listeners=[recorder], uuidRepresentation="standard", tz_aware=True
    )

    @contextmanager
    def asked(kind):
        recorder.commands.clear()
        found = []
        yield open_database(client, database.name), found
        found += recorder.commands
        assert found, f"{kind} asked nothing"

    with client:
        yield asked


@pytest.fixture
def plans_of(asked_in, database):
    """Return a context that yields a list; after it, the plans of the queries made in it are there."""

    @contextmanager
    def plans(kind):
        found = []
        with asked_in(kind) as (recorded, commands):
            yield recorded, found
        found += [_plan(database, command) for command in commands]

    return plans


def _plan(database, command):
    """The plan that comes most often: a busy moment of the server can cost the better one a trial."""
    tries = [_explained(database, command) for _ in range(5)]
    return max(tries, key=tries.count)


def _explained(database, command):
    explained = database.command("explain", command, verbosity="queryPlanner", codec_options=CODEC)
    return sorted(set(_stages(explained)))


def _stages(node):
    """Yield each stage of a plan, with the index it walks."""
    if isinstance(node, list):
        for one in node:
            yield from _stages(one)
    elif isinstance(node, dict):
        if "stage" in node:
            yield f"{node['stage']} {node.get('indexName', '')}".strip()
        for name, one in node.items():
            if name != "rejectedPlans":
                yield from _stages(one)


@pytest.fixture
def busy(database):
    """Give the planner something to choose from."""
    sender, *targets = open_wallets(database, 21, 1_000)
    transfers = queue_transfers(database, sender, targets, 1)
    database["transfers"].update_many({"_id": {"$in": transfers[:15]}}, {"$set": {"status": "SUCCESS"}})
    yield sender, transfers
    database["transfers"].update_many({}, {"$set": {"status": "PENDING"}})


ASKS_OF_THE_QUEUE = {
    "pending, a watcher alone": lambda queue: queue.pending(EVERYWHERE, 500),
    "pending, one of many": lambda queue: queue.pending([1, 5, 9], 500),
    "pending, lately": lambda queue: queue.pending(EVERYWHERE, 500, since=clock.now()),
    "pending, one of many, and what is overdue": lambda queue: queue.pending([1], 500, overdue=clock.now()),
    "backlog": lambda queue: queue.backlog(),
}


@pytest.mark.parametrize("ask", ASKS_OF_THE_QUEUE)
@pytest.mark.usefixtures("busy")
def test_the_partial_index_serves_every_look_at_the_queue(plans_of, ask):
    """However many transfers are finished, only those that wait are looked at."""
    with plans_of(ask) as (database, plans):
        ASKS_OF_THE_QUEUE[ask](Queue(database))

    for plan in plans:
        assert "IXSCAN pending" in plan
        assert "COLLSCAN" not in plan


@pytest.mark.parametrize("ask", sorted(ASKS_OF_THE_QUEUE.keys() - {"backlog"}))
@pytest.mark.usefixtures("busy")
def test_the_oldest_are_found_without_sorting_all_that_wait(plans_of, ask):
    """A backlog of a million is read a batch at a time, not sorted a million times."""
    with plans_of(ask) as (database, plans):
        ASKS_OF_THE_QUEUE[ask](Queue(database))

    assert all("SORT" not in plan and "SORT_MERGE" not in plan for plan in plans)


def test_what_rang_is_read_by_its_id(plans_of, busy):
    """Not by the index of the queue, which is slow to walk after a busy time."""
    _sender, transfers = busy

    with plans_of("named") as (database, plans):
        assert Queue(database).named(transfers[-3:])

    for plan in plans:
        assert "IXSCAN _id_" in plan
        assert "IXSCAN pending" not in plan


@pytest.mark.parametrize(
    "mark", [lambda queue, one: queue.retry_later(one, 0.2, "other"), lambda queue, one: queue.park(one, "x")]
)
def test_the_marks_of_a_row_go_by_its_key(plans_of, busy, mark):
    _sender, transfers = busy

    with plans_of("mark") as (database, plans):
        mark(Queue(database), transfers[-1])

    assert all("COLLSCAN" not in plan for plan in plans)


def test_history_is_one_walk_of_an_index(plans_of, busy):
    sender, transfers = busy

    with plans_of("history") as (database, plans):
        history = HistoryStore(database)
        history.last_seq(sender)
        assert len(history.find(sender, range(1, 22), EVERYTHING, 10).lines) == 10
        assert len(history.after(sender, 2, 5)) == 5
        history.transfer(transfers[0])

    for plan in plans:
        assert "COLLSCAN" not in plan
        assert "SORT" not in plan
    assert "IXSCAN wallet_seq" in plans[1]


FILTERS = {
    "nothing": EVERYTHING,
    "a kind": Filter(kind=Kind.REFUND),
    "a side": Filter(side=Side.CREDIT),
    "what is under way": Filter(status=TransferStatus.PENDING),
    "what failed": Filter(status=TransferStatus.FAILED),
    "what is settled": Filter(status=TransferStatus.SUCCESS),
    "a start": Filter(since=clock.now() - timedelta(hours=9)),
    "an end": Filter(until=clock.now() + timedelta(hours=9)),
    "somebody else": Filter(counterparty=uuid4()),
    "a text": Filter(text="no such words"),
    "all of it": Filter(
        kind=Kind.TRANSFER_OUT,
        side=Side.DEBIT,
        status=TransferStatus.FAILED,
        since=clock.now() - timedelta(hours=9),
        until=clock.now() + timedelta(hours=9),
        counterparty=uuid4(),
        text="no such words",
    ),
}
MOST_KEYS = 10


@pytest.mark.parametrize("wanted", FILTERS)
def test_whatever_is_looked_for_is_a_bounded_walk_of_an_index(asked_in, database, busy, monkeypatch, wanted):
    """Of the one index that there is, in its order: however rare it is, a look has an end."""
    monkeypatch.setattr("wallet.store.history.MOST_LOOKED_AT", MOST_KEYS)
    sender, _ = busy
    with asked_in(wanted) as (recorded, commands):
        HistoryStore(recorded).find(sender, range(1, 22), FILTERS[wanted], 50)

    for command in commands:
        ran = database.command("explain", command, verbosity="executionStats", codec_options=CODEC)
        stages = set(_stages(ran["queryPlanner"]["winningPlan"]))
        of_entries = command["find"] == "entries"
        assert ("IXSCAN wallet_seq" if of_entries else "IXSCAN _id_") in stages
        assert not stages & {"COLLSCAN", "SORT"}
        # A primary key that is looked up is a step of its own, and so may be the one where it ends.
        assert ran["executionStats"]["totalKeysExamined"] <= (MOST_KEYS if of_entries else 2 * MOST_KEYS)
    assert commands[0]["find"] == "entries"


def test_where_a_date_is_in_a_chain_is_found_by_points_of_the_index(asked_in, database, busy):
    """Twice a bisect and one walk between, which the margin bounds."""
    sender, _ = busy
    with asked_in("dates") as (recorded, commands):
        Calendar(recorded).first_since(sender, clock.now() - timedelta(days=1), 21)

    for command in commands:
        ran = database.command("explain", command, verbosity="executionStats", codec_options=CODEC)
        assert "IXSCAN wallet_seq" in set(_stages(ran["queryPlanner"]["winningPlan"]))
        assert ran["executionStats"]["totalKeysExamined"] <= 2
    assert len(commands) < 15


def test_a_statement_is_a_walk_of_the_same_index(plans_of, busy):
    sender, _ = busy
    with plans_of("statement") as (database, plans):
        statements = StatementStore(database)
        assert statements.tip(sender).seq == 21
        statements.balance_after(sender, 9)
        assert sum(one.count for one in statements.totals(sender, 3, 20).values()) == 18
        assert len(list(statements.walk(sender, 3, 20, 9))) == 2

    assert all("COLLSCAN" not in plan and "SORT" not in plan for plan in plans)
    assert all("IXSCAN wallet_seq" in plan for plan in plans[1:])


def test_the_books_are_read_by_their_keys(plans_of, busy):
    sender, transfers = busy

    with plans_of("books") as (database, plans):
        books = Books(database)
        read = Transactions(database.client).run(
            lambda session: (
                books.wallets([sender], session),
                books.entries([EntryId(one, Side.DEBIT) for one in transfers], session),
            )
        )

    assert list(map(len, read)) == [1, len(transfers)]
    assert all("COLLSCAN" not in plan for plan in plans)


def test_a_person_is_found_by_id_or_phone_number(plans_of, busy):
    sender, _ = busy

    with plans_of("accounts") as (database, plans):
        accounts = AccountStore(database, Transactions(database.client))
        user = accounts.by_id(sender)
        accounts.by_phone(user.phone_number)
        accounts.wallet(sender)
        accounts.change_profile(sender, {"address": "Jl. Baru"}, clock.now())

    assert all("COLLSCAN" not in plan for plan in plans)


def test_what_somebody_sent_and_is_under_way_is_found_among_what_waits(plans_of, database, busy):
    sender, _transfers = busy
    post(database, payment(sender, balance_of(database, sender)))

    with plans_of("close") as (watched, plans), pytest.raises(NotSettled, match=r"\(5\)"):
        Standing(watched, Transactions(watched.client)).close(sender)

    assert len(plans) == 2
    assert "IXSCAN pending" in plans[1]
    assert all("COLLSCAN" not in plan for plan in plans)


SOMEBODY = uuid4()
LISTS = {
    (View.WAITING, Wanted()): "pending",
    (View.WAITING, Wanted(sender=SOMEBODY)): "pending",
    (View.WAITING, Wanted(target=SOMEBODY)): "pending",
    (View.PARKED, Wanted()): "pending",
    (View.PARKED, Wanted(request_id="x")): "pending",
    (View.FAILED, Wanted()): "refunds",
    (View.FAILED, Wanted(target=SOMEBODY)): "refunds",
    (View.FAILED, Wanted(request_id="x")): "refunds",
    (View.FAILED, Wanted(sender=SOMEBODY)): "wallet_seq",
    (View.SETTLED, Wanted(sender=SOMEBODY)): "wallet_seq",
    (View.SETTLED, Wanted(target=SOMEBODY)): "wallet_seq",
}


@pytest.mark.parametrize("start", [None, Place(clock.now(), 3)], ids=["first page", "a later page"])
@pytest.mark.parametrize(("view", "wanted"), LISTS)
@pytest.mark.usefixtures("busy")
def test_the_lists_of_operators_are_walks_of_an_index_in_its_order(plans_of, view, wanted, start):
    """Without a sort of all there are, and each with an end however long the queue is."""
    with plans_of(view) as (database, plans):
        CaseLists(database).page(view, 50, wanted, start)

    for plan in plans:
        assert f"IXSCAN {LISTS[view, wanted]}" in plan
        assert "COLLSCAN" not in plan
    assert all("SORT" not in plan for plan in plans)


def test_settled_transfers_are_found_through_the_ledger_of_a_wallet(plans_of, busy):
    sender, _transfers = busy

    with plans_of("settled") as (database, plans):
        assert CaseLists(database).page(View.SETTLED, 50, Wanted(sender=sender))

    assert "IXSCAN wallet_seq" in plans[0]
    assert all("COLLSCAN" not in plan and "SORT" not in plan for plan in plans)


def test_a_case_is_read_by_primary_keys(plans_of, busy):
    _sender, transfers = busy

    with plans_of("case") as (database, plans):
        assert CaseStore(database, Transactions(database.client)).case(transfers[0]).debit

    assert len(plans) == 3
    assert all("COLLSCAN" not in plan for plan in plans)


@pytest.mark.usefixtures("busy")
def test_the_census_walks_over_what_is_pending(plans_of):
    with plans_of("census") as (database, plans):
        assert Census(database).crowds()

    assert all("IXSCAN pending" in plan and "COLLSCAN" not in plan for plan in plans)


@pytest.mark.parametrize(
    "mark",
    [
        lambda marks, one, note: marks.unpark(one, note),
        lambda marks, one, note: marks.park(one, "x", note),
        lambda marks, one, note: marks.sign(one, note),
    ],
)
def test_the_marks_of_operators_go_by_the_key(plans_of, busy, mark):
    _sender, transfers = busy

    with plans_of("mark") as (database, plans):
        mark(OperatorMarks(database), transfers[-1], Note("retry", "siti", "why", clock.now()))

    assert all("COLLSCAN" not in plan for plan in plans)


def test_what_is_simply_credited_pays_for_no_index_of_the_operators(database):
    """Each index of ``transfers`` slows every settlement, even one that the row never enters."""
    sender, target = open_wallets(database, 2, 1_000)
    [transfer] = queue_transfers(database, sender, [target], 10)
    settle_rows(settlement_engine(database), Queue(database).named([transfer]).transfers)

    assert set(database["transfers"].index_information()) == {"_id_", "pending"}
    walk = database["entries"].find({}, hint="refunds").explain()["executionStats"]
    assert walk["totalKeysExamined"] == 0


@pytest.mark.usefixtures("busy")
def test_the_check_for_drift_walks_keys_and_the_index_that_is_there(plans_of):
    busy_entries = 41

    with plans_of("drift") as (database, plans):
        check = RollingCheck(Proofs(database), clock.now)
        assert check.step().entries == busy_entries
        while not check.step().pass_ended:
            pass

    assert all("COLLSCAN" not in plan and "SORT" not in plan for plan in plans)
    assert ["DISTINCT_SCAN wallet_seq", "FETCH"] in plans
