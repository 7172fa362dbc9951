"""What operators do to transfers: through the one engine, exactly once, whoever races them."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, Thread

import pytest
from books import assert_balanced
from factories import (
    balance_of,
    kinds_of,
    make_transfer,
    open_wallets,
    queue_transfer,
    queue_transfers,
    row_of,
    set_status,
    settle_rows,
    settlement_engine,
)
from structlog.testing import capture_logs
from watching import Diary, execute_rows, make_executor, make_loop, wait_until

from wallet import clock
from wallet.cases import Action
from wallet.errors import InvalidInput
from wallet.foresight import Fate
from wallet.models import Kind, WalletStatus
from wallet.rules.partition import PARTITIONS
from wallet.store import documents
from wallet.store.cases import CaseStore
from wallet.store.marking import OperatorMarks
from wallet.store.queue import Queue
from wallet.store.settling import Overtaken
from wallet.store.transactions import Transactions
from wallet.use_cases.operations import OperationRefused, Operations, Operator, TransferNotFound

SITI = Operator("siti", "case 4711")
RACES = 15


@pytest.fixture
def operations(database):
    return make_operations(database)


def make_operations(database, **options):
    return Operations(
        CaseStore(database, Transactions(database.client)),
        OperatorMarks(database),
        settlement_engine(database),
        clock.now,
        **{"cap": 2**53 - 1, **options},
    )


@pytest.fixture
def parked(database):
    """A transfer of 300 that an operator has to decide about; its sender has 700 left."""
    sender, target = open_wallets(database, 2, 1_000)
    transfer = queue_transfer(database, sender, target, 300)
    Queue(database).retry_later(transfer, 60, "other")
    Queue(database).park(transfer, "poison")
    return transfer


@pytest.fixture
def turn(database):
    """Return a function that lets a watcher do all it can do now."""
    loop = make_loop(database, Diary())

    def turn():
        loop.sweep_soon()
        loop.turn()

    return turn


def forge(database, **overrides):
    """Put a row into the queue that no debit vouches for, and let it be parked."""
    transfer = make_transfer(**overrides)
    database["transfers"].insert_one(documents.transfer_document(transfer))
    Queue(database).park(transfer.id, "no_debit")
    return transfer.id


class TestRetry:
    def test_hands_it_to_the_watchers_as_if_it_were_new(self, database, operations, parked, turn):
        turn()
        assert row_of(database, parked)["status"] == "PENDING", "parked: nobody touches it"

        case = operations.perform(Action.RETRY, parked, SITI)

        assert (case.row.parked, case.row.attempts, case.row.failure) == (False, 0, None)
        turn()
        assert kinds_of(database, parked) == sorted([Kind.TRANSFER_OUT, Kind.TRANSFER_IN])
        assert_balanced(database)

    def test_comes_to_what_was_foreseen(self, database, operations, parked, turn):
        target = row_of(database, parked)["target"]
        foreseen = operations.foresee(Action.RETRY, operations.case(parked))

        operations.perform(Action.RETRY, parked, SITI)
        turn()

        made = operations.case(parked).credit
        assert (foreseen.fate, foreseen.entry.before, foreseen.entry.after) == (Fate.CREDITED, 1_000, 1_300)
        assert (made.wallet, made.before, made.after) == (target, 1_000, 1_300)

    def test_of_a_frozen_receiver_is_refunded_as_was_foreseen(self, database, operations, parked, turn):
        set_status(database, row_of(database, parked)["target"], WalletStatus.FROZEN)
        foreseen = operations.foresee(Action.RETRY, operations.case(parked))

        operations.perform(Action.RETRY, parked, SITI)
        turn()

        made = operations.case(parked).credit
        assert (foreseen.fate, foreseen.reason) == (Fate.REFUNDED, "receiver_not_active")
        assert (made.kind, made.before, made.after) == (Kind.REFUND, 700, 1_000)
        assert (foreseen.entry.before, foreseen.entry.after) == (700, 1_000)

    @pytest.mark.forged
    def test_of_what_no_debit_vouches_for_is_parked_again_as_was_foreseen(self, database, operations, turn):
        transfer = forge(database)
        foreseen = operations.foresee(Action.RETRY, operations.case(transfer))

        operations.perform(Action.RETRY, transfer, SITI)
        turn()

        assert (foreseen.fate, foreseen.reason) == (Fate.PARKED, "no_debit")
        assert operations.case(transfer).row.parked
        assert kinds_of(database, transfer) == []


class TestFail:
    def test_gives_the_sender_the_money_back_for_good(self, database, operations, parked, turn):
        foreseen = operations.foresee(Action.FAIL, operations.case(parked))

        case = operations.perform(Action.FAIL, parked, SITI)

        assert (case.row.status, case.row.failure) == ("FAILED", "failed_by_operator")
        assert (case.credit.kind, case.credit.before, case.credit.after) == (Kind.REFUND, 700, 1_000)
        assert (foreseen.entry.before, foreseen.entry.after) == (700, 1_000)
        turn()
        assert_balanced(database)

    def test_tells_those_who_count_refunds(self, database, parked):
        heard = []

        make_operations(database, refunded=heard.extend).perform(Action.FAIL, parked, SITI)

        assert [one.debit.operation for one in heard] == [parked]

    @pytest.mark.forged
    def test_never_makes_money_for_what_no_debit_vouches_for(self, database, operations):
        sender, target = open_wallets(database, 2, 1_000)
        transfer = forge(database, sender=sender, target=target, amount=300)

        with pytest.raises(OperationRefused, match="leave it parked") as refusal:
            operations.perform(Action.FAIL, transfer, SITI)

        assert refusal.value.reason == "no_debit"
        assert balance_of(database, sender) == 1_000
        assert operations.case(transfer).row.notes == (), "what was not done is not written down"

    def test_is_refused_where_the_refund_would_pass_the_cap(self, database, parked):
        operations = Operations(
            CaseStore(database, Transactions(database.client)),
            OperatorMarks(database),
            settlement_engine(database, cap=999),
            clock.now,
            cap=999,
        )

        with pytest.raises(OperationRefused) as refusal:
            operations.perform(Action.FAIL, parked, SITI)

        assert refusal.value.reason == "balance_cap_exceeded"
        assert row_of(database, parked)["status"] == "PENDING"

    @pytest.mark.forged
    def test_is_refused_when_the_ledger_has_its_credit_already(self, database, operations, parked, turn):
        operations.perform(Action.RETRY, parked, SITI)
        turn()
        database["transfers"].update_one({"_id": parked}, {"$set": {"status": "PENDING"}})

        with pytest.raises(OperationRefused, match="dompet audit"):
            operations.perform(Action.FAIL, parked, SITI)


class TestPark:
    def test_takes_it_out_of_the_watchers_hands(self, database, operations, turn):
        sender, target = open_wallets(database, 2, 1_000)
        transfer = queue_transfer(database, sender, target)

        operations.perform(Action.PARK, transfer, SITI)
        turn()

        row = operations.case(transfer).row
        assert (row.status, row.parked, row.failure) == ("PENDING", True, "parked_by_operator")
        assert_balanced(database)

    def test_holds_even_for_a_watcher_that_has_it_in_hand(self, database, operations):
        """What was read before it was parked is not credited after."""
        sender, target, other = open_wallets(database, 3, 1_000)
        transfers = queue_transfers(database, sender, [target, other], 10)
        in_hand = Queue(database).named(transfers).transfers

        operations.perform(Action.PARK, transfers[0], SITI)

        with pytest.raises(Overtaken):
            settle_rows(settlement_engine(database), in_hand)
        assert execute_rows(make_executor(database, Diary()), Queue(database).named(transfers)) == []
        assert row_of(database, transfers[0])["status"] == "PENDING"
        assert row_of(database, transfers[1])["status"] == "SUCCESS"

    def test_twice_is_refused(self, operations, parked):
        with pytest.raises(OperationRefused, match="parked already"):
            operations.perform(Action.PARK, parked, SITI)


class TestWritingDown:
    def test_each_deed_is_one_event_with_its_reason(self, operations, parked):
        with capture_logs() as events:
            operations.perform(Action.RETRY, parked, SITI)

        assert events == [
            {
                "event": "operator_acted",
                "log_level": "warning",
                "action": "retry",
                "transfer_id": str(parked),
                "request_id": "",
                "operator": "siti",
                "reason": "case 4711",
            }
        ]

    def test_the_transfer_remembers_who_did_what(self, operations, parked):
        for action in (Action.RETRY, Action.PARK, Action.FAIL):
            operations.perform(action, parked, SITI)

        notes = operations.case(parked).row.notes
        assert [(note.action, note.by, note.reason) for note in notes] == [
            (action, "siti", "case 4711") for action in ("retry", "park", "fail")
        ]

    def test_only_the_last_twenty_are_kept(self, operations, parked):
        for number in range(22):
            operations.perform(Action.RETRY, parked, Operator("siti", f"try {number}"))

        notes = operations.case(parked).row.notes
        assert [note.reason for note in notes] == [f"try {number}" for number in range(2, 22)]

    @pytest.mark.parametrize("reason", ["", "   ", "x" * 201, "line\nbreak"])
    def test_without_a_reason_nothing_is_done(self, database, operations, parked, reason):
        before = row_of(database, parked)

        with pytest.raises(InvalidInput):
            operations.perform(Action.FAIL, parked, Operator("siti", reason))

        assert row_of(database, parked) == before


@pytest.mark.parametrize("action", Action)
class TestRefusals:
    def test_of_a_transfer_that_is_not_there(self, operations, action):
        with pytest.raises(TransferNotFound):
            operations.perform(action, make_transfer().id, SITI)

    def test_of_a_transfer_that_has_ended(self, database, operations, action, turn):
        sender, target = open_wallets(database, 2, 1_000)
        transfer = queue_transfer(database, sender, target)
        turn()
        before = row_of(database, transfer)

        with capture_logs() as events, pytest.raises(OperationRefused, match="ended already"):
            operations.perform(action, transfer, SITI)

        assert row_of(database, transfer) == before
        assert events == []


class TestRaces:
    """P3 and P10 hold whoever comes first; the fixture `database` audits the books after each."""

    def test_those_who_fail_it_at_once_make_one_refund(self, database, parked):
        together = Barrier(4)

        def fail(_):
            operations = make_operations(database)
            together.wait()
            try:
                operations.perform(Action.FAIL, parked, SITI)
            except OperationRefused:
                return 0
            return 1

        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(fail, range(4))) == 1
        assert kinds_of(database, parked) == sorted([Kind.TRANSFER_OUT, Kind.REFUND])

    @pytest.mark.parametrize("action", [Action.FAIL, Action.PARK, Action.RETRY])
    def test_against_live_watchers_there_is_one_credit_or_one_refund(self, database, action):
        sender, *targets = open_wallets(database, 1 + RACES, 10_000)
        loops = [make_loop(database, Diary()) for _ in range(2)]
        threads = [Thread(target=loop.run) for loop in loops]
        for thread in threads:
            thread.start()
        outcomes = []
        try:
            for target in targets:
                transfer = queue_transfer(database, sender, target, 10)
                for loop in loops:
                    loop.sweep_soon()
                outcomes.append((transfer, self._tried(database, action, transfer)))
            for transfer, done in outcomes:
                if action is Action.PARK and done:
                    make_operations(database).perform(Action.RETRY, transfer, SITI)
            wait_until(lambda: not database["transfers"].count_documents({"status": "PENDING"}))
        finally:
            for loop in loops:
                loop.stop()
            for thread in threads:
                thread.join()
        for transfer, done in outcomes:
            refunded = kinds_of(database, transfer) == sorted([Kind.TRANSFER_OUT, Kind.REFUND])
            assert refunded == (done and action is Action.FAIL)
        assert_balanced(database)

    def test_a_retry_against_a_fail_never_does_both(self, database):
        sender, *targets = open_wallets(database, 1 + RACES, 10_000)
        for transfer in queue_transfers(database, sender, targets, 10):
            Queue(database).park(transfer, "poison")
            went = Event()

            def retry(transfer=transfer, went=went):
                went.wait()
                self._tried(database, Action.RETRY, transfer)
                pending = Queue(database).named([transfer])
                execute_rows(make_executor(database, Diary()), pending)

            racer = Thread(target=retry)
            racer.start()
            went.set()
            self._tried(database, Action.FAIL, transfer)
            racer.join()
            assert len(kinds_of(database, transfer)) == 2
        assert Queue(database).pending(list(range(PARTITIONS)), 10).transfers == []

    def _tried(self, database, action, transfer):
        try:
            make_operations(database).perform(action, transfer, SITI)
        except OperationRefused:
            return False
        return True


@pytest.mark.forged
def test_a_row_that_cannot_be_read_is_shown_and_can_be_failed(database, operations):
    """Another hand spoilt the row of a transfer that the ledger vouches for."""
    sender, target = open_wallets(database, 2, 1_000)
    transfer = queue_transfer(database, sender, target, 300)
    spoilt = {"$set": {"remarks": 7, "partition": "x"}}
    database["transfers"].update_one({"_id": transfer}, spoilt, bypass_document_validation=True)

    case = operations.case(transfer)

    assert case.row.transfer is None
    assert "remarks is not a str" in case.row.fault
    assert operations.foresee(Action.RETRY, case).fate is Fate.REFUNDED
    operations.perform(Action.FAIL, transfer, SITI)
    assert balance_of(database, sender) == 1_000
