"""The pure ledger against the model: no store, thousands of steps."""

from dataclasses import replace

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from model import CAP, WalletMachine

from wallet import clock, ledger, settlement
from wallet.ledger import Declined, Posted
from wallet.models import Kind, Transfer, TransferStatus
from wallet.rules.partition import partition_of

DATE = clock.now()
STATUS_OF = {Kind.TRANSFER_IN: TransferStatus.SUCCESS, Kind.REFUND: TransferStatus.FAILED}


class InMemory:
    """The ledger with dicts for a store: every posting sees all entries that were ever made."""

    def __init__(self):
        self._wallets, self._entries, self._transfers = {}, {}, {}

    def open(self, wallets):
        self._wallets = {wallet.id: wallet for wallet in wallets}

    def set_status(self, wallet, status):
        self._wallets[wallet] = replace(self._wallets[wallet], status=status)

    def post(self, postings):
        sheet = ledger.post(postings, self._wallets, self._entries, cap=CAP, date=DATE)
        self._wallets = dict(sheet.wallets)
        self._entries |= {entry.id: entry for entry in sheet.entries}
        for outcome in sheet.outcomes:
            if isinstance(outcome, Posted) and outcome.entry.kind is Kind.TRANSFER_OUT:
                self._queue(outcome.entry)
        return sheet.outcomes

    def settle(self, transfers):
        rows = [self._transfers[one] for one in transfers]
        assert all(settlement.vouches(settlement.Debit.of(self._debit(row)), row) for row in rows)
        sheet = self._sheet([settlement.credit(row) for row in rows])
        if any(
            self._transfers[entry.operation].status is not TransferStatus.PENDING for entry in sheet.entries
        ):
            return None
        return self._write(sheet, transfers, "credited")

    def give_up(self, transfers):
        pending = [one for one in transfers if self._transfers[one].status is TransferStatus.PENDING]
        sheet = self._sheet([settlement.refund(self._debit(self._transfers[one])) for one in pending])
        return self._write(sheet, pending, "refunded")

    def wallets(self):
        return self._wallets

    def entries(self):
        return self._entries.values()

    def transfers(self):
        return self._transfers.values()

    def pending(self):
        return {row.id for row in self._transfers.values() if row.status is TransferStatus.PENDING}

    def _queue(self, debit):
        self._transfers[debit.operation] = Transfer(
            id=debit.operation,
            sender=debit.wallet,
            target=debit.counterparty,
            amount=debit.amount,
            remarks=debit.remarks,
            status=TransferStatus.PENDING,
            date=debit.date,
            partition=partition_of(debit.counterparty),
        )

    def _debit(self, row):
        return self._entries[settlement.debit_id(row.id)]

    def _sheet(self, postings):
        # As in the store: what a credit or a refund may be is decided by the row, not by the entries.
        return ledger.post(postings, self._wallets, {}, cap=CAP, date=DATE)

    def _write(self, sheet, transfers, word):
        self._wallets = dict(sheet.wallets)
        self._entries |= {entry.id: entry for entry in sheet.entries}
        for entry in sheet.entries:
            row = self._transfers[entry.operation]
            self._transfers[row.id] = replace(row, status=STATUS_OF[entry.kind])
        return {
            one: outcome.reason.code if isinstance(outcome, Declined) else word
            for one, outcome in zip(transfers, sheet.outcomes, strict=True)
        }


class LedgerMachine(WalletMachine):
    def __init__(self):
        super().__init__()
        self.subject = InMemory()


def test_the_ledger_keeps_its_promises_in_any_order_of_events():
    """P1, P2, P3, P6, P8, P10."""
    run_state_machine_as_test(
        LedgerMachine,
        settings=settings(
            max_examples=100,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
