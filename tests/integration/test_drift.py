"""The rolling check: no false alarm, and each hand-made drift found, counted once, forgotten when mended."""

import random
import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import bson
import pytest
from bson.binary import Binary
from bson.datetime_ms import DatetimeMS
from bson.int64 import Int64
from factories import (
    make_entry,
    open_wallet,
    open_wallets,
    payment,
    post,
    posting_engine,
    queue_transfer,
    queue_transfers,
    row_of,
    set_status,
    settle_rows,
    settlement_engine,
    top_up,
    transfer_out,
)

from wallet import clock
from wallet.audit.rolling import RollingCheck
from wallet.errors import Unavailable
from wallet.models import EntryId, Kind, Side, WalletStatus
from wallet.rules.partition import PARTITIONS
from wallet.store import documents, look
from wallet.store.client import connect, open_database
from wallet.store.findings import Total
from wallet.store.proofs import Proofs
from wallet.store.queue import Queue
from wallet.store.settling import Overtaken
from wallet.store.transactions import Collision

EVERYWHERE = list(range(PARTITIONS))
CLEAN = Total(0, 0)


def make_check(database):
    return RollingCheck(Proofs(database), clock.now)


@pytest.fixture
def check(database):
    return make_check(database)


def one_pass(check):
    """Step to the end of a pass and return its steps."""
    steps = [check.step()]
    while not steps[-1].pass_ended:
        steps.append(check.step())
    return steps


def total_after_a_pass(check, database):
    one_pass(check)
    return Proofs(database).total()


def settle(database, *transfers):
    """Do as the watcher does: credit what can be credited, refund the rest."""
    rows = [documents.transfer(row_of(database, one)) for one in transfers]
    engine = settlement_engine(database)
    engine.give_up(settle_rows(engine, rows).declined, clock.now())


def insert_unchecked(collection, *rows):
    collection.insert_many(rows, bypass_document_validation=True)


def change(collection, key, **fields):
    collection.update_one({"_id": key}, {"$set": fields}, bypass_document_validation=True)


def entry_id(operation, side):
    return documents.entry_key(EntryId(operation, side))


@pytest.fixture
def life(database):
    """A sender, a target and somebody closed; a transfer in every state; a payment at the sender's tip."""
    sender, target, closed = open_wallets(database, 3, 1_000)
    credited, refunded, pending = queue_transfers(database, sender, [target, closed, target], 10)
    set_status(database, closed, WalletStatus.CLOSED)
    settle(database, credited, refunded)
    (paid,) = post(database, payment(sender, 100))
    return {
        "sender": sender,
        "target": target,
        "credited": credited,
        "refunded": refunded,
        "pending": pending,
        "paid": paid.operation,
    }


def test_a_life_with_everything_in_it_is_clean(database, check, life):
    assert sum(step.entries for step in one_pass(check)) == database["entries"].count_documents({})
    assert Proofs(database).total() == CLEAN
    assert [row["_id"] for row in database["awaited"].find()] == [life["pending"]]


def test_what_is_proven_is_not_read_again(check, life, database):
    one_pass(check)
    post(database, payment(life["sender"], 1))
    assert sum(step.entries for step in one_pass(check)) == 1
    assert sum(step.entries for step in one_pass(check)) == 0


def test_a_transfer_is_awaited_until_its_credit_is_there(database, check, life):
    one_pass(check)
    settle(database, life["pending"])
    assert total_after_a_pass(check, database) == CLEAN
    assert database["awaited"].count_documents({}) == 0


def test_a_wallet_without_entries_is_right(database, check):
    open_wallet(database)
    assert total_after_a_pass(check, database) == CLEAN


def forge_entry(database, **fields):
    insert_unchecked(database["entries"], documents.entry_document(make_entry(**fields)))


def forged_credit(database, life):
    """A credit that nobody sent, with everything around it in order."""
    wallet = database["wallets"].find_one({"_id": life["target"]})
    forge_entry(
        database,
        id=EntryId(uuid4(), Side.CREDIT),
        wallet=life["target"],
        kind=Kind.TRANSFER_IN,
        counterparty=life["sender"],
        amount=5,
        seq=wallet["seq"] + 1,
        before=wallet["balance"],
        after=wallet["balance"] + 5,
    )
    change(
        database["wallets"],
        life["target"],
        balance=Int64(wallet["balance"] + 5),
        seq=Int64(wallet["seq"] + 1),
    )


def roll_back(database, life):
    """Undo the payment without a trace: the wallet and the ledger agree about it."""
    database["entries"].delete_one({"_id": entry_id(life["paid"], Side.DEBIT)})
    database["wallets"].update_one({"_id": life["sender"]}, {"$inc": {"balance": 100, "seq": -1}})


def entry_beyond_the_end(database, life):
    forge_entry(database, wallet=life["target"], seq=99, amount=7, before=1_010, after=1_017)


def lost_wallet(database, life):
    database["wallets"].delete_one({"_id": life["sender"]})


def vanished_transfer(database, life):
    """Its row and its debit are gone, the debit from amid its chain, which nobody reads again."""
    database["transfers"].delete_one({"_id": life["pending"]})
    database["entries"].delete_one({"_id": entry_id(life["pending"], Side.DEBIT)})


HARM_AFTER_THE_PROOF = {
    "a balance is raised": (
        lambda db, life: db["wallets"].update_one({"_id": life["target"]}, {"$inc": {"balance": 5}}),
        Total(5, 1),
    ),
    "a balance is lowered": (
        lambda db, life: db["wallets"].update_one({"_id": life["target"]}, {"$inc": {"balance": -5}}),
        Total(-5, 1),
    ),
    "a seq is raised": (
        lambda db, life: db["wallets"].update_one({"_id": life["target"]}, {"$inc": {"seq": 1}}),
        Total(0, 1),
    ),
    "the last entry is deleted": (
        lambda db, life: db["entries"].delete_one({"_id": entry_id(life["paid"], Side.DEBIT)}),
        Total(-100, 1),
    ),
    "the last entry is edited": (
        lambda db, life: change(db["entries"], entry_id(life["paid"], Side.DEBIT), after=Int64(885)),
        Total(-5, 1),
    ),
    "the last entry and its effect are taken back": (roll_back, Total(100, 1)),
    "an entry is put behind the last one": (entry_beyond_the_end, Total(-7, 1)),
    "a wallet is deleted": (lost_wallet, Total(-880, 1)),
    "a credit comes from nowhere": (forged_credit, Total(5, 1)),
    "a transfer is marked done without its credit": (
        lambda db, life: change(db["transfers"], life["pending"], status="SUCCESS"),
        Total(-10, 1),
    ),
    "a transfer is marked failed without its refund": (
        lambda db, life: change(db["transfers"], life["pending"], status="FAILED"),
        Total(-10, 1),
    ),
    "a row of the queue is deleted": (
        lambda db, life: db["transfers"].delete_one({"_id": life["pending"]}),
        Total(-10, 1),
    ),
    "a row of the queue is raised": (
        lambda db, life: change(db["transfers"], life["pending"], amount=Int64(17)),
        Total(7, 1),
    ),
    "a row of the queue has another target": (
        lambda db, life: change(db["transfers"], life["pending"], target=uuid4()),
        Total(0, 1),
    ),
    "a row of the queue and its debit vanish": (vanished_transfer, Total(0, 1)),
}


def contents(database):
    names = ("wallets", "entries", "transfers")
    return {name: list(database[name].find()) for name in names}


def restore(database, before):
    for name, rows in before.items():
        database[name].delete_many({})
        if rows:
            insert_unchecked(database[name], *rows)


@pytest.mark.parametrize(("harm", "total"), HARM_AFTER_THE_PROOF.values(), ids=HARM_AFTER_THE_PROOF)
def test_what_is_harmed_by_hand_is_found_stays_and_is_forgotten_when_mended(
    database, check, life, harm, total
):
    one_pass(check)
    before = contents(database)

    harm(database, life)
    found = [drift for step in one_pass(check) for drift in step.found]

    assert len(found) == 1
    assert found[0].fault
    assert Proofs(database).total() == total
    assert [step.found for step in one_pass(check) if step.found] == []
    assert Proofs(database).total() == total
    assert total_after_a_pass(make_check(database), database) == total

    restore(database, before)
    mended = [one for step in one_pass(check) for one in step.mended]
    assert mended == [found[0].id]
    assert Proofs(database).total() == CLEAN
    assert total_after_a_pass(check, database) == CLEAN


HARM_BEFORE_THE_PROOF = {
    "an entry is missing from the middle": (
        lambda db, life: db["entries"].delete_one({"wallet": life["sender"], "kind": "TOP_UP"}),
        Total(1_000, 1),
    ),
    "an entry says less than it did": (
        lambda db, life: db["entries"].update_one(
            {"wallet": life["sender"], "kind": "TOP_UP"}, {"$inc": {"amount": -1}}
        ),
        Total(1, 1),
    ),
    "a credit is missing": (
        lambda db, life: db["entries"].delete_one({"_id": entry_id(life["credited"], Side.CREDIT)}),
        # The wallet and the transfer are both wrong, and their sums say that the money is there.
        Total(0, 2),
    ),
    "a settled row says another amount": (
        lambda db, life: change(db["transfers"], life["credited"], amount=Int64(3)),
        Total(0, 1),
    ),
    "a refund is a credit": (
        lambda db, life: change(db["transfers"], life["refunded"], status="SUCCESS"),
        Total(0, 1),
    ),
    "an entry is malformed": (
        lambda db, life: change(db["entries"], entry_id(life["paid"], Side.DEBIT), date="today"),
        Total(0, 1),
    ),
    "a row is malformed": (
        lambda db, life: change(db["transfers"], life["credited"], attempts="many"),
        Total(0, 1),
    ),
    "a wallet is malformed": (
        lambda db, life: change(db["wallets"], life["sender"], balance=880.0),
        Total(-880, 1),
    ),
}


@pytest.mark.forged
@pytest.mark.parametrize(("harm", "total"), HARM_BEFORE_THE_PROOF.values(), ids=HARM_BEFORE_THE_PROOF)
def test_what_was_harmed_before_it_was_proven_is_found_too(database, check, life, harm, total):
    before = contents(database)
    harm(database, life)

    assert total_after_a_pass(check, database) == total
    assert total_after_a_pass(make_check(database), database) == total

    restore(database, before)
    assert total_after_a_pass(check, database) == CLEAN
    assert total_after_a_pass(check, database) == CLEAN


WEIRD = [None, 77, -1.5, "text", [], {"a": None}, bson.Decimal128("7"), DatetimeMS(2**60), Binary(b"abc", 4)]
FIELDS = {
    "wallets": ("balance", "seq", "status"),
    "entries": ("wallet", "seq", "kind", "amount", "before", "after", "remarks", "counterparty", "date"),
    "transfers": (
        "sender",
        "target",
        "amount",
        "remarks",
        "status",
        "date",
        "partition",
        "attempts",
        "parked",
    ),
    "proofs": ("balance", "seq"),
}


@pytest.fixture
def indexes_as_they_were(database):
    """Make the index of the ledger anew: once it has held an array it gives no order any more."""
    yield
    index = database["entries"].index_information()["wallet_seq"]
    database["entries"].drop_index("wallet_seq")
    database["entries"].create_index(index["key"], unique=True, name="wallet_seq")


@pytest.mark.forged
@pytest.mark.parametrize(("collection", "field"), [(name, one) for name in FIELDS for one in FIELDS[name]])
@pytest.mark.usefixtures("indexes_as_they_were", "life")
def test_whatever_is_put_into_a_field_never_stops_the_check(database, check, collection, field):
    one_pass(check)
    for value in WEIRD:
        row = database[collection].find_one({field: {"$exists": True}}, sort=[("seq", -1), ("_id", 1)])
        change(database[collection], row["_id"], **{field: value})
        for checker in (check, make_check(database)):
            assert one_pass(checker)[-1].pass_ended
        database["proofs"].delete_many({})
        assert one_pass(check)[-1].pass_ended
        change(database[collection], row["_id"], **{field: row[field]})
    database["proofs"].delete_many({})
    one_pass(check)
    assert total_after_a_pass(check, database) == CLEAN


@pytest.mark.forged
def test_a_wallet_at_fault_hides_nothing_of_the_others(database, check):
    wallets = open_wallets(database, 20, 100)
    one_pass(check)
    for number, wallet in enumerate(wallets, start=1):
        database["wallets"].update_one({"_id": wallet}, {"$inc": {"balance": number}})
    assert total_after_a_pass(check, database) == Total(210, 20)


@pytest.mark.forged
def test_ids_that_are_no_uuids_end_no_walk(database, check):
    insert_unchecked(database["wallets"], {"_id": 5}, {"_id": "5"}, {"_id": None}, {"_id": {"a": 1}})
    wallet = open_wallet(database, 100)
    database["wallets"].update_one({"_id": wallet}, {"$inc": {"balance": 1}})
    assert total_after_a_pass(check, database) == Total(1, 1)


def test_a_credit_proven_before_its_debit_is_no_drift(database, check, monkeypatch):
    """Whichever of the two wallets comes first in the walk."""
    monkeypatch.setattr(look, "SLICE", 1)
    one, two = open_wallets(database, 2, 100)
    settle(database, queue_transfer(database, one, two, 5), queue_transfer(database, two, one, 7))
    assert total_after_a_pass(check, database) == CLEAN


def test_a_long_history_is_proven_in_pieces(database, check):
    wallet, other = open_wallets(database, 2, 100)
    for _ in range(4):
        post(database, *(top_up(wallet, 1) for _ in range(400)))
    steps = one_pass(check)
    assert max(step.entries for step in steps) <= look.PIECE + look.BUDGET
    assert sum(step.unproven for step in steps) >= 601
    while sum(step.unproven for step in steps):
        steps = one_pass(check)
    proven = {row["_id"]: row["seq"] for row in database["proofs"].find({"seq": {"$exists": True}})}
    assert proven == {wallet: 1_601, other: 1}
    assert Proofs(database).total() == CLEAN


@pytest.mark.forged
def test_a_long_gap_is_found(database, check):
    """More entries are missing than one look reads."""
    wallet = open_wallet(database, 100)
    for _ in range(4):
        post(database, *(top_up(wallet, 1) for _ in range(400)))
    database["entries"].delete_many({"wallet": wallet, "seq": {"$gt": 1, "$lt": 1_400}})
    assert total_after_a_pass(check, database).subjects == 1


@pytest.mark.forged
def test_what_must_wait_is_not_mended_by_waiting(database, check, monkeypatch):
    """More than a look can read: whoever is left out stays at fault, and all get their turn."""
    monkeypatch.setattr("wallet.audit.rolling.BUDGET", 1)
    wallets = open_wallets(database, 3, 100)
    post(database, *(payment(wallet, 1) for wallet in wallets))
    for wallet in wallets:
        database["entries"].delete_one({"wallet": wallet, "seq": 1})
    for _ in range(100):
        total = total_after_a_pass(check, database)
        if total.subjects == 3:
            break
    assert total == Total(300, 3)
    for _ in range(10):
        assert total_after_a_pass(check, database) == Total(300, 3)


@pytest.mark.forged
def test_a_balance_is_held_to_the_last_entry_even_before_its_chain_is_proven(database, check, monkeypatch):
    monkeypatch.setattr("wallet.audit.rolling.BUDGET", 1)
    wallets = open_wallets(database, 20, 100)
    for wallet in wallets:
        database["wallets"].update_one({"_id": wallet}, {"$inc": {"balance": 2}})
    assert total_after_a_pass(check, database) == Total(40, 20)


def test_memory_does_not_grow_with_the_ledger(database, check):
    wallets = open_wallets(database, 40, 100_000)

    def peak():
        tracemalloc.start()
        one_pass(check)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    for wallet in wallets[:4]:
        post(database, *(top_up(wallet, 1) for _ in range(150)))
    small = peak()
    for wallet in wallets:
        post(database, *(top_up(wallet, 1) for _ in range(150)))
    assert peak() < 1.5 * small


def test_while_a_dump_is_loaded_nothing_is_judged(database, check):
    """It goes in piece by piece: a wallet is there before its entries are."""
    wallet = open_wallet(database, 100)
    rows = list(database["entries"].find({"wallet": wallet}))
    database["entries"].delete_many({})
    database["locks"].insert_one({"_id": "load"})
    assert not check.step().pass_ended
    assert Proofs(database).total() == CLEAN
    insert_unchecked(database["entries"], *rows)
    database["locks"].delete_one({"_id": "load"})
    assert total_after_a_pass(check, database) == CLEAN


@pytest.fixture
def fail_next_update(client):
    def fail():
        client.admin.command(
            {
                "configureFailPoint": "failCommand",
                "mode": {"skip": 1},  # what is awaited is remembered, the proofs are not
                "data": {"failCommands": ["update"], "errorCode": 50, "appName": "checks"},
            }
        )

    yield fail
    client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})


def test_a_slice_that_failed_half_way_is_the_next_one_again(mongod, client, database, fail_next_update, life):
    with connect(mongod.uri, application="checks") as broken:
        check = make_check(open_database(broken, database.name))
        fail_next_update()
        with pytest.raises(Unavailable):
            check.step()
        client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})
        assert database["proofs"].count_documents({}) == 0
        assert sum(step.entries for step in one_pass(check)) == database["entries"].count_documents({})
    assert [row["_id"] for row in database["awaited"].find()] == [life["pending"]]


def test_a_pass_whose_end_could_not_be_noted_ends_once_more(database, monkeypatch):
    memory, fails = Proofs(database), [Unavailable]
    check, note = RollingCheck(memory, clock.now), memory.note_pass

    def note_or_fail():
        if fails:
            raise fails.pop()
        note()

    monkeypatch.setattr(memory, "note_pass", note_or_fail)
    with pytest.raises(Unavailable):
        one_pass(check)
    assert one_pass(check)[-1].pass_ended
    assert memory.pass_age_s() is not None


def test_the_age_of_a_pass_is_by_the_servers_clock(database, check):
    memory = Proofs(database)
    assert memory.pass_age_s() is None
    one_pass(check)
    assert 0 <= memory.pass_age_s() < 5


@pytest.mark.forged
def test_two_at_once_count_once(database):
    """They share what they found: the sum is that of one."""
    wallets = open_wallets(database, 5, 100)
    for wallet in wallets:
        database["wallets"].update_one({"_id": wallet}, {"$inc": {"balance": 1}})
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one_pass, [make_check(database) for _ in range(4)]))
    assert Proofs(database).total() == Total(5, 5)


def settle_until(done, pod):
    queue, engine = Queue(pod), settlement_engine(pod)
    while not done.is_set() or queue.backlog().depth:
        pending = queue.pending(EVERYWHERE, 40)
        try:
            declined = settle_rows(engine, pending.transfers).declined
            engine.give_up(declined, clock.now())
        except (Overtaken, Collision):
            continue


def spend_until(done, pod, wallets):
    engine = posting_engine(pod)
    moves = [
        lambda one, two: transfer_out(one, two, 3),
        lambda one, _: payment(one, 2),
        lambda one, _: top_up(one, 4),
    ]
    while not done.is_set():
        postings = [random.choice(moves)(*random.sample(wallets, 2)) for _ in range(10)]
        try:
            engine.post(postings, clock.now())
        except Collision:
            continue


def test_racing_load_is_never_a_false_alarm(mongod, database, monkeypatch):
    """Two pods, two watchers, two checks at once, over very many small slices: no drift, not for a moment."""
    monkeypatch.setattr(look, "SLICE", 5)
    monkeypatch.setattr("wallet.audit.rolling.SLICE", 5)
    monkeypatch.setattr("wallet.audit.rolling.BUDGET", 30)
    monkeypatch.setattr("wallet.audit.drift.PIECE", 20)
    wallets = open_wallets(database, 30, 1_000)
    set_status(database, wallets[0], WalletStatus.CLOSED)
    done, steps = threading.Event(), []

    def check_until_done(pod):
        check = make_check(pod)
        while not done.is_set():
            steps.extend(one_pass(check))

    with (
        connect(mongod.uri, application="pods") as client,
        ThreadPoolExecutor(6) as pool,
    ):
        pod = open_database(client, database.name)
        running = [
            pool.submit(work, done, pod, *more)
            for work, *more in [
                (spend_until, wallets),
                (spend_until, wallets),
                (settle_until,),
                (settle_until,),
            ]
        ]
        running += [pool.submit(check_until_done, pod) for _ in range(2)]
        done.wait(12)
        done.set()
        for one in running:
            one.result()
    assert [step.found for step in steps if step.found] == []
    assert sum(step.pass_ended for step in steps) > 4
    assert sum(step.entries for step in steps) > 200
    assert Proofs(database).total() == CLEAN
    check = make_check(database)
    while sum(step.unproven for step in one_pass(check)):
        pass
    assert Proofs(database).total() == CLEAN
    assert database["awaited"].count_documents({}) == 0
