"""The real store against the model: the same machine as for the pure ledger, with every commit for real."""

from dataclasses import replace

from factories import make_user, posting_engine, set_status, settle_rows, settlement_engine
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from model import CAP, WalletMachine

from wallet import clock
from wallet.models import TransferStatus
from wallet.rules.partition import PARTITIONS
from wallet.store import documents
from wallet.store.queue import Queue
from wallet.store.settling import Overtaken


class Store:
    """The engines and the queue over one database, seen through the wallets of one example."""

    def __init__(self, database):
        self._database = database
        self._posting = posting_engine(database, cap=CAP)
        self._settlement = settlement_engine(database, cap=CAP)
        self._queue = Queue(database)
        self._people = []

    def open(self, wallets):
        self._people = [wallet.id for wallet in wallets]
        self._database["users"].insert_many(
            [documents.user_document(make_user(id=one)) for one in self._people]
        )
        self._database["wallets"].insert_many(map(documents.wallet_document, wallets))

    def set_status(self, wallet, status):
        set_status(self._database, wallet, status)

    def post(self, postings):
        return self._posting.post(postings, clock.now())

    def settle(self, transfers):
        """Settle them as a watcher would that read the queue when all of them were pending."""
        rows = {row.id: replace(row, status=TransferStatus.PENDING) for row in self.transfers()}
        try:
            done = settle_rows(self._settlement, [rows[one] for one in transfers])
        except Overtaken:
            return None
        return {one.id: "credited" for one in done.credited} | done.declined

    def give_up(self, transfers):
        done = self._settlement.give_up(dict.fromkeys(transfers, "poison"), clock.now())
        assert set(done.stuck.values()) <= {"balance_cap_exceeded"}
        return {one.debit.operation: "refunded" for one in done.refunded} | done.stuck

    def wallets(self):
        found = self._database["wallets"].find({"_id": {"$in": self._people}})
        return {row["_id"]: documents.wallet(row) for row in found}

    def entries(self):
        found = self._database["entries"].find({"wallet": {"$in": self._people}})
        return [documents.entry(row) for row in found]

    def transfers(self):
        found = self._database["transfers"].find({"sender": {"$in": self._people}})
        return [documents.transfer(row) for row in found]

    def pending(self):
        mine = {row.id for row in self.transfers()}
        pending = self._queue.pending(list(range(PARTITIONS)), 10_000)
        assert pending.malformed == []
        return mine & {row.id for row in pending.transfers}


def test_the_store_keeps_its_promises_in_any_order_of_events(database):
    """P1, P2, P3, P6, P8, P10."""

    class StoreMachine(WalletMachine):
        def __init__(self):
            super().__init__()
            self.subject = Store(database)

    run_state_machine_as_test(
        StoreMachine,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
