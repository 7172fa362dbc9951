"""Races for real: threads with clients of their own on one replica set. Whoever wins, the books balance."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from threading import Barrier, Event
from typing import TypeVar

import pytest
from books import assert_balanced
from factories import (
    balance_of,
    open_wallet,
    open_wallets,
    payment,
    posting_engine,
    queue_transfers,
    settle_rows,
    settlement_engine,
    top_up,
    transfer_out,
)

from wallet import clock
from wallet.ledger import Declined, Posted, Replayed
from wallet.rules.partition import PARTITIONS
from wallet.store.client import connect, open_database
from wallet.store.queue import Queue
from wallet.store.settling import Overtaken
from wallet.store.transactions import Collision

Result = TypeVar("Result")

EVERYWHERE = list(range(PARTITIONS))
PATIENCE_S = 40.0


@pytest.fixture
def pods(mongod, database):
    """Return a function that connects as so many processes would: each with a client of its own."""
    with ExitStack() as stack:

        def connected(count):
            clients = [
                stack.enter_context(connect(mongod.uri, application=f"pod-{number}"))
                for number in range(count)
            ]
            return [open_database(client, database.name) for client in clients]

        yield connected


def at_once(racers: Iterable[Callable[[], Result]]) -> list[Result]:
    """Let all start at the same moment, each on a thread, and return what each came to."""
    racers = list(racers)
    start = Barrier(len(racers))

    def run(racer):
        start.wait(10)
        return racer()

    with ThreadPoolExecutor(len(racers)) as pool:
        return list(pool.map(run, racers))


def posting(engine, *postings):
    """Post as a group committer does: what collides again and again is tried apart."""

    def post():
        try:
            return engine.post(postings, clock.now())
        except Collision:
            return [engine.post([one], clock.now())[0] for one in postings]

    return post


def test_two_threads_and_one_wallet_many_times(database, pods):
    """P2: the balance is enough for one of two; exactly one passes, forty times."""
    engines = [posting_engine(pod) for pod in pods(2)]
    wallet = open_wallet(database, 40 * 100)

    for spent in range(0, 40 * 100, 100):
        left = 40 * 100 - spent
        outcomes = at_once(
            posting(engine, payment(wallet, left - 99 if left > 100 else 100)) for engine in engines
        )
        passed = [outcome for (outcome,) in outcomes if isinstance(outcome, Posted)]
        assert len(passed) == 1
        top = passed[0].entry.amount - 100
        if top:
            engines[0].post([top_up(wallet, top)], clock.now())

    assert balance_of(database, wallet) == 0
    assert_balanced(database)


def test_of_fifty_payments_of_the_whole_balance_exactly_one_passes(database, pods):
    """P2, P4."""
    engines = [posting_engine(pod) for pod in pods(5)]
    wallet = open_wallet(database, 5_000)

    outcomes = at_once(posting(engines[number % 5], payment(wallet, 5_000)) for number in range(50))

    assert Counter(type(outcome) for (outcome,) in outcomes) == {Posted: 1, Declined: 49}
    assert balance_of(database, wallet) == 0
    assert_balanced(database)


def test_a_storm_to_and_fro_ends_without_loss_and_without_deadlock(database, pods):
    """P1, P3: A->B against B->A, debits and credits at once."""
    one, two = people = open_wallets(database, 2, 1_000)
    senders = [posting_engine(pod) for pod in pods(4)]
    watchers = pods(2)
    sending = Event()
    sending.set()

    def storm(engine, sender, target):
        def send():
            outcomes = [engine.post([transfer_out(sender, target, 70)], clock.now())[0] for _ in range(25)]
            return sum(isinstance(outcome, Posted) for outcome in outcomes)

        return send

    storms = [
        storm(engine, *(people if number % 2 else reversed(people))) for number, engine in enumerate(senders)
    ]
    with ThreadPoolExecutor(len(watchers)) as pool:
        watching = [pool.submit(settle_all, pod, meanwhile=sending) for pod in watchers]
        try:
            passed = sum(at_once(storms))
        finally:
            sending.clear()
        for one_watching in watching:
            one_watching.result()

    assert passed >= len(senders)
    assert balance_of(database, one) + balance_of(database, two) == 2_000
    assert_balanced(database)


def test_one_key_from_eight_threads_makes_one_entry(database, pods):
    """P8: the others replay it, word by word."""
    engines = [posting_engine(pod) for pod in pods(8)]
    wallet, target = open_wallets(database, 2, 10_000)

    for _ in range(10):
        request = transfer_out(wallet, target, 100, keyed=True)
        outcomes = [outcome for (outcome,) in at_once(posting(engine, request) for engine in engines)]

        assert Counter(map(type, outcomes)) == {Posted: 1, Replayed: 7}
        assert len({outcome.entry for outcome in outcomes}) == 1

    assert balance_of(database, wallet) == 9_000
    assert database["transfers"].count_documents({}) == 10
    assert_balanced(database)


def test_keys_in_batches_that_cross_make_one_entry_each(database, pods):
    """P8: two pods commit the same requests in opposite order, among others."""
    engines = [posting_engine(pod) for pod in pods(2)]
    wallets = open_wallets(database, 6, 1_000)

    for _ in range(10):
        requests = [payment(wallet, 10, keyed=True) for wallet in wallets]
        ours, theirs = at_once([posting(engines[0], *requests), posting(engines[1], *reversed(requests))])
        assert Counter(map(type, [*ours, *theirs])) == {Posted: 6, Replayed: 6}

    assert {balance_of(database, wallet) for wallet in wallets} == {900}
    assert_balanced(database)


def test_four_watchers_racing_for_the_same_transfers_credit_each_exactly_once(database, pods):
    """P3, P9: nobody owns anything, everybody takes everything."""
    sender, *targets = open_wallets(database, 13, 300)
    transfers = queue_transfers(database, sender, [targets[number % 12] for number in range(300)], 1)
    random.shuffle(transfers)

    racers = [partial(settle_all, pod, batch=random.randint(1, 60)) for pod in pods(4)]

    credited = sum(at_once(racers), Counter())

    assert credited == Counter(transfers)
    assert {balance_of(database, target) for target in targets} == {325}
    assert_balanced(database)


def test_credits_and_refunds_racing_for_the_same_transfers_never_both_happen(database, pods):
    """P3, P10: one watcher believes that it must give up what the other settles."""
    sender, target = open_wallets(database, 2, 300)
    transfers = queue_transfers(database, sender, [target] * 60, 1)
    settling, giving_up = pods(2)

    def refund():
        engine, refunded = settlement_engine(giving_up), 0
        for number in range(0, 60, 5):
            reasons = dict.fromkeys(transfers[number : number + 5], "poison")
            refunded += len(engine.give_up(reasons, clock.now()).refunded)
        return refunded

    def credit():
        return settle_all(settling, batch=7).total()

    credited, refunded = at_once([credit, refund])

    assert credited + refunded == 60
    assert balance_of(database, target) == 300 + credited
    assert balance_of(database, sender) == 240 + refunded
    assert_balanced(database)


def test_a_pod_debits_a_wallet_while_a_watcher_credits_it(database, pods):
    """P5, P7: the wallet's own requests keep their order, its credits fall in between."""
    sender, busy = open_wallets(database, 2, 1_000)
    queue_transfers(database, sender, [busy] * 100, 1)
    spending, settling = pods(2)

    def spend():
        engine = posting_engine(spending)
        return [engine.post([payment(busy, 1)], clock.now())[0].entry.seq for _ in range(60)]

    seqs, _ = at_once([spend, partial(settle_all, settling, batch=3)])

    assert seqs == sorted(set(seqs))
    assert balance_of(database, busy) == 1_000 - 60 + 100
    assert_balanced(database)


def test_what_one_sender_does_has_rising_seq_whichever_pod_it_asks(database, pods):
    """P7."""
    wallet, target = open_wallets(database, 2, 1_000)
    engines = [posting_engine(pod) for pod in pods(3)]
    makers = [payment, lambda wallet, amount: transfer_out(wallet, target, amount), top_up]

    seqs = [
        engines[number % 3].post([makers[number % 3](wallet, 1)], clock.now())[0].entry.seq
        for number in range(30)
    ]

    assert seqs == list(range(2, 32))
    assert_balanced(database)


def settle_all(pod, *, batch=20, meanwhile=None):
    """Settle until nothing waits, or longer: while ``meanwhile`` is set. Count what was credited."""
    credited, patience_ends = Counter(), time.monotonic() + PATIENCE_S
    while Queue(pod).backlog().depth or (meanwhile and meanwhile.is_set()):
        assert time.monotonic() < patience_ends, "it does not come to an end"
        credited += settle_some(pod, batch)
    return credited


def settle_some(pod, batch):
    """Be a watcher without manners: take whatever there is, and go on when a race is lost."""
    pending = Queue(pod).pending(EVERYWHERE, batch)
    try:
        done = settle_rows(settlement_engine(pod), pending.transfers)
    except (Overtaken, Collision):
        return Counter()
    return Counter(one.id for one in done.credited)
