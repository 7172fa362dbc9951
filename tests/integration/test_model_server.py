"""The simulator's model of MongoDB against MongoDB: the same steps, the same answers, conflicts and rows."""

import random
from datetime import timedelta
from uuid import UUID

import pytest
from bson import Int64
from factories import make_entry, make_transfer, make_wallet
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from model import WalletMachine
from pymongo import ReadPreference
from pymongo.errors import BulkWriteError, OperationFailure, PyMongoError
from pymongo.read_concern import ReadConcern
from test_store_machine import Store

from tests.simulation.cluster import Cluster
from tests.simulation.driver import Database
from tests.simulation.hub import Hub
from tests.simulation.link import Link, Weather
from tests.simulation.replica import EPOCH
from wallet.models import EntryId, Kind, Side
from wallet.store import documents
from wallet.store.client import MAJORITY
from wallet.store.membership import Membership
from wallet.store.queue import Queue

SEEDS = range(30)
STEPS = 30
ODD = [{"amount": "50"}, {"partition": "all"}, {"attempts": "9"}, {"sender": None}]
"""What another hand may have written."""
EVERYWHERE = list(range(64))


@pytest.fixture
def model():
    return Database(Link(Cluster(Hub(random.Random(0)), lag_s=0.0), Weather()))


def uuids(rng, count):
    return [UUID(int=rng.getrandbits(128), version=4) for _ in range(count)]


class Script:
    """Statements of three transactions and of none, in any order; what a real client would have to wait for
    is left out."""

    def __init__(self, rng):
        self.rng = rng
        self.wallets = uuids(rng, 3)
        self.operations = uuids(rng, 3)
        self.transfers = uuids(rng, 2)
        self.held = {}

    def rows(self):
        return {
            "wallets": [
                documents.wallet_document(make_wallet(id=one, balance=0, seq=0)) for one in self.wallets
            ],
            "transfers": [
                documents.transfer_document(make_transfer(id=one, date=EPOCH)) for one in self.transfers
            ],
        }

    def steps(self):
        for number in range(STEPS):
            who = self.rng.randrange(3)
            what = self.rng.choice(
                [
                    "read",
                    "read",
                    "write",
                    "write",
                    "insert",
                    "insert",
                    "mark",
                    "commit",
                    "again",
                    "abort",
                    "alone",
                ]
            )
            if what == "again":
                yield who, what, ()
            elif what in {"commit", "abort"}:
                self.held.pop(who, None)
                yield who, what, ()
            elif what == "read":
                yield who, "read", (self.rng.choice(self.wallets),)
            elif what == "write":
                yield who, "write", (self._hold(who, self.wallets), number)
            elif what == "mark":
                self._hold(who, self.transfers)
                yield who, "mark", (tuple(self.transfers),)
            elif what == "insert":
                yield who, "insert", self._entry()
            else:
                held = set().union(*self.held.values())
                free = [one for one in self.wallets if one not in held]
                if free:
                    yield who, "alone", (self.rng.choice(free), number)

    def _hold(self, who, choices):
        one = self.rng.choice(choices)
        self.held.setdefault(who, set()).add(one)
        return one

    def _entry(self):
        return self.rng.choice(self.operations), self.rng.choice(self.wallets), self.rng.randint(1, 4)


class Client:
    """Whoever runs a script against one of the two."""

    def __init__(self, database, *, stubborn):
        self.database = database
        self.stubborn = stubborn
        self.committed = set()
        self.sessions = [database.client.start_session() for _ in range(3)]

    def do(self, who, what, about):
        session = self.sessions[who]
        if what == "alone":
            wallet, balance = about
            change = {"$set": {"balance": Int64(balance)}}
            return self.database["wallets"].update_one({"_id": wallet}, change).matched_count
        if what == "again" and who not in self.committed:
            return None
        if what in {"commit", "abort"} and not session.in_transaction:
            return None
        self.committed.discard(who)
        try:
            answer = self._in(session, what, about)
        except PyMongoError as fault:
            # Whoever goes on after an error finds that the server has ended the transaction.
            if session.in_transaction and not (self.stubborn and codes(fault) != [251]):
                session.abort_transaction()
            return codes(fault), fault.has_error_label("TransientTransactionError")
        if what in {"commit", "again"}:
            self.committed.add(who)
        return answer

    def _in(self, session, what, about):
        if what in {"commit", "again"}:
            return session.commit_transaction()
        if what == "abort":
            return session.abort_transaction()
        if not session.in_transaction:
            session.start_transaction(ReadConcern("snapshot"), MAJORITY, ReadPreference.PRIMARY)
        return getattr(self, f"_{what}")(session, *about)

    def _read(self, session, wallet):
        return list(self.database["wallets"].find({"_id": {"$in": [wallet]}}, session=session))

    def _write(self, session, wallet, balance):
        change = {"$set": {"balance": Int64(balance)}}
        wanted = {"_id": {"$in": [wallet]}, "seq": Int64(0)}
        return self.database["wallets"].update_many(wanted, change, session=session).matched_count

    def _mark(self, session, transfers):
        wanted = {"_id": {"$in": list(transfers)}, "status": "PENDING", "parked": {"$ne": True}}
        change = {"$set": {"status": "SUCCESS"}}
        return self.database["transfers"].update_many(wanted, change, session=session).matched_count

    def _insert(self, session, operation, wallet, seq):
        entry = make_entry(
            id=EntryId(operation, Side.CREDIT), wallet=wallet, seq=seq, kind=Kind.TOP_UP, date=EPOCH
        )
        self.database["entries"].insert_many([documents.entry_document(entry)], session=session)

    def everything(self):
        return {
            (name, str(one["_id"])): one
            for name in ("wallets", "entries", "transfers")
            for one in self.database[name].find({})
        }

    def close(self):
        for session in self.sessions:
            session.end_session()


def codes(fault):
    if isinstance(fault, BulkWriteError):
        return [one["code"] for one in fault.details["writeErrors"]]
    assert isinstance(fault, OperationFailure)
    return [fault.code]


@pytest.mark.forged
@pytest.mark.parametrize("seed", SEEDS)
def test_transactions_see_and_disturb_each_other_as_in_mongodb(database, model, seed):
    """Snapshots, write conflicts, duplicate keys, and which of them a driver may retry."""
    script = Script(random.Random(seed))
    stubborn = seed % 2 == 0
    real, simulated = Client(database, stubborn=stubborn), Client(model, stubborn=stubborn)
    for name, rows in script.rows().items():
        database[name].insert_many(rows)
        model[name].insert_many(rows)
    try:
        for step in script.steps():
            assert simulated.do(*step) == real.do(*step), step
        assert simulated.everything() == real.everything()
    finally:
        real.close()


def test_a_transaction_that_only_read_is_a_line_of_the_log(database):
    """So a majority must have it, and one that a deposed primary served is not committed."""
    oplog = database.client["local"]["oplog.rs"]

    with database.client.start_session() as session:
        session.with_transaction(
            lambda inside: list(database["wallets"].find({}, session=inside)), write_concern=MAJORITY
        )

    lines = oplog.find({"op": "n"}, sort=[("$natural", -1)], limit=10)
    assert any("read-only transaction" in line["o"].get("msg", "") for line in lines)


def test_the_engines_over_the_model_do_what_they_do_over_mongodb(model):
    """The machine that holds the real store to the plain model of the ledger holds this one as well."""

    class SimulatedMachine(WalletMachine):
        def __init__(self):
            super().__init__()
            self.subject = Store(model)

    run_state_machine_as_test(
        SimulatedMachine,
        settings=settings(
            max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


class Rows:
    """The queue and the heartbeats over one of the two databases."""

    def __init__(self, database):
        self._database = database
        self._queue = Queue(database)

    def do(self, what, *about):
        return getattr(self, what)(*about)

    def pending(self, mine, limit, since, overdue):
        found = self._queue.pending(mine, limit, since=since, overdue=overdue)
        return [(one.id, one.attempts) for one in found.transfers], sorted(found.malformed)

    def named(self, ids):
        return {one.id for one in self._queue.named(ids).transfers}

    def retry_later(self, one, delay_s, reason):
        attempts = self._queue.retry_later(one, delay_s, reason)
        row = self._database["transfers"].find_one({"_id": one})
        return attempts, [fault["reason"] for fault in row.get("faults", [])]

    def park(self, one):
        return self._queue.park(one, "poison")

    def beat(self, watcher):
        return sorted(Membership(self._database, watcher, dead_after_s=60).beat().alive)

    def leave(self, watcher):
        return Membership(self._database, watcher, dead_after_s=60).leave()


def queue_step(rng, rows):
    one = rng.choice(rows)["_id"]
    when = [None, *(EPOCH + timedelta(seconds=second) for second in range(0, 20, 5))]
    mine = rng.sample(EVERYWHERE, rng.choice([64, 20]))
    return rng.choice(
        [
            ("pending", mine, rng.choice([3, 100]), rng.choice(when), rng.choice(when)),
            ("named", rng.sample([row["_id"] for row in rows], 4)),
            ("retry_later", one, rng.choice([0.0, 1_000.0]), rng.choice(["other", "already_exists"])),
            ("park", one),
            ("beat", rng.choice(["one", "another"])),
            ("leave", rng.choice(["one", "another"])),
        ]
    )


@pytest.mark.forged
@pytest.mark.parametrize("seed", range(5))
def test_the_queue_finds_and_marks_the_same_rows_as_in_mongodb(database, model, seed):
    rng = random.Random(seed)
    rows = [
        documents.transfer_document(make_transfer(id=one, date=EPOCH + timedelta(seconds=number)))
        for number, one in enumerate(uuids(rng, 20))
    ]
    for odd, row in zip(ODD, rows, strict=False):
        row.update(odd)
    database["transfers"].insert_many(rows, bypass_document_validation=True)
    model["transfers"].insert_many(rows)
    real, simulated = Rows(database), Rows(model)

    for _ in range(40):
        step = queue_step(rng, rows)
        assert simulated.do(*step) == real.do(*step), step
