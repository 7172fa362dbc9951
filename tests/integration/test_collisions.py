"""Batches that get in others' way, on the real server: several at once give up, one alone is tried on."""

import pytest
from factories import (
    balance_of,
    open_wallet,
    open_wallets,
    post,
    posting_engine,
    queue_transfers,
    settle_rows,
    settlement_engine,
    top_up,
)

from wallet import clock
from wallet.rules.partition import PARTITIONS
from wallet.store import posting, settling
from wallet.store.queue import Queue
from wallet.store.transactions import Collision

RIVALS = 5
"""More than any batch is tried."""


class Rival:
    """Tops a wallet up behind the back of an engine that has just read it, five times."""

    def __init__(self, database, wallet, monkeypatch, engine):
        self.runs = 0
        self._wallet = wallet
        self._engine = posting_engine(database)
        self._read = engine._books.wallets
        monkeypatch.setattr(engine._books, "wallets", self._read_and_be_overtaken)

    def _read_and_be_overtaken(self, ids, session):
        found = self._read(ids, session)
        self.runs += 1
        if self.runs <= RIVALS:
            self._engine.post([top_up(self._wallet, 1)], clock.now())
        return found


def test_several_postings_that_collide_again_and_again_are_told_so(database, monkeypatch):
    wallet = open_wallet(database, 1_000)
    engine = posting_engine(database)
    rival = Rival(database, wallet, monkeypatch, engine)

    with pytest.raises(Collision):
        engine.post([top_up(wallet, 10), top_up(wallet, 10)], clock.now())

    assert rival.runs == posting.BATCH_ATTEMPTS
    assert balance_of(database, wallet) == 1_000 + rival.runs, "only the rival has written"


def test_a_posting_alone_is_tried_until_it_gets_through(database, monkeypatch):
    wallet = open_wallet(database, 1_000)
    engine = posting_engine(database)
    rival = Rival(database, wallet, monkeypatch, engine)

    engine.post([top_up(wallet, 10)], clock.now())

    assert rival.runs == RIVALS + 1
    assert balance_of(database, wallet) == 1_000 + RIVALS + 10


@pytest.mark.parametrize(("transfers", "collides"), [(2, True), (1, False)])
def test_a_batch_of_transfers_gives_up_and_one_alone_does_not(database, monkeypatch, transfers, collides):
    sender, target = open_wallets(database, 2, 1_000)
    queue_transfers(database, sender, [target] * transfers, 10)
    pending = Queue(database).pending(list(range(PARTITIONS)), 10).transfers
    engine = settlement_engine(database)
    rival = Rival(database, target, monkeypatch, engine)

    if collides:
        with pytest.raises(Collision):
            settle_rows(engine, pending)
        assert rival.runs == settling.BATCH_ATTEMPTS
        assert balance_of(database, target) == 1_000 + rival.runs
    else:
        assert settle_rows(engine, pending).credited == pending
        assert balance_of(database, target) == 1_000 + RIVALS + 10


def test_a_key_that_turns_out_to_be_taken_is_looked_up_again(database, client):
    """As a rule the server calls such a race a conflict; a duplicate key must not fail the caller either."""
    wallet = open_wallet(database, 1_000)
    which = {"keyPattern": {"_id": 1}, "keyValue": {"_id": 1}}
    taken = {"failCommands": ["insert"], "errorCode": 11_000, "errorExtraInfo": which, "appName": "tests"}
    client.admin.command({"configureFailPoint": "failCommand", "mode": {"times": 1}, "data": taken})

    (entry,) = post(database, top_up(wallet, 10, keyed=True))

    assert (entry.before, entry.after) == (1_000, 1_010)
    assert balance_of(database, wallet) == 1_010
