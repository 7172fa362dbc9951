"""What would become of a transfer: the same ledger, the same reasons, nothing written."""

from dataclasses import replace

import pytest
from factories import make_entry, make_transfer, make_wallet

from wallet import clock
from wallet.cases import Action, Case, Row
from wallet.foresight import Fate, foresee
from wallet.models import EntryId, Kind, Side, TransferStatus, WalletStatus

CAP = 1_000_000


def make_row(transfer, **overrides):
    fields = {
        "id": transfer.id,
        "sender": transfer.sender,
        "target": transfer.target,
        "amount": transfer.amount,
        "status": transfer.status.value,
        "date": transfer.date,
        "partition": transfer.partition,
        "request_id": transfer.request_id,
        "attempts": 0,
        "retry_at": None,
        "failure": None,
        "settled_at": None,
        "parked": True,
        "notes": (),
        "transfer": transfer,
    }
    return Row(**fields | overrides)


def make_case(*, sender_balance=0, target_balance=500, **row):
    """A parked transfer of 300 whose debit vouches for it."""
    transfer = make_transfer(amount=300)
    debit = make_entry(
        id=EntryId(transfer.id, Side.DEBIT),
        kind=Kind.TRANSFER_OUT,
        wallet=transfer.sender,
        counterparty=transfer.target,
        amount=300,
    )
    sender = make_wallet(id=transfer.sender, balance=sender_balance)
    target = make_wallet(id=transfer.target, balance=target_balance)
    return Case(make_row(transfer, **row), debit, None, {sender.id: sender, target.id: target})


def with_target(case, **changes):
    target = case.row.target
    return replace(case, wallets={**case.wallets, target: replace(case.wallets[target], **changes)})


def without_wallet(case, owner):
    return replace(case, wallets={key: one for key, one in case.wallets.items() if key != owner})


def look(action, case):
    return foresee(action, case, cap=CAP, date=clock.now())


class TestRetry:
    def test_credits_the_target_and_says_from_which_balance_to_which(self):
        prospect = look(Action.RETRY, make_case())

        assert (prospect.fate, prospect.entry.before, prospect.entry.after) == (Fate.CREDITED, 500, 800)
        assert prospect.possible

    @pytest.mark.parametrize(
        ("spoil", "reason"),
        [
            (lambda case: with_target(case, status=WalletStatus.FROZEN), "receiver_not_active"),
            (lambda case: with_target(case, balance=CAP), "balance_cap_exceeded"),
            (lambda case: without_wallet(case, case.row.target), "receiver_not_found"),
            (lambda case: replace(case, row=replace(case.row, transfer=None)), "malformed"),
        ],
    )
    def test_refunds_the_sender_when_the_target_cannot_be_credited(self, spoil, reason):
        case = spoil(make_case(sender_balance=40))

        prospect = look(Action.RETRY, case)

        assert (prospect.fate, prospect.reason) == (Fate.REFUNDED, reason)
        assert prospect.entry.wallet == case.row.sender
        assert (prospect.entry.before, prospect.entry.after) == (40, 340)

    def test_of_a_row_that_promises_another_amount_gives_back_what_the_ledger_took(self):
        case = make_case()
        forged = replace(case, row=replace(case.row, transfer=replace(case.row.transfer, amount=999)))

        prospect = look(Action.RETRY, forged)

        assert (prospect.fate, prospect.reason, prospect.entry.amount) == (Fate.REFUNDED, "no_debit", 300)

    def test_parks_again_what_no_debit_vouches_for(self):
        prospect = look(Action.RETRY, replace(make_case(), debit=None))

        assert (prospect.fate, prospect.reason, prospect.entry) == (Fate.PARKED, "no_debit", None)
        assert "leave it parked" in prospect.sentence

    def test_parks_again_what_points_at_a_payment(self):
        """Its debit is real, and yet it must not bring the payment's money back."""
        case = make_case()
        payment = replace(case.debit, kind=Kind.PAYMENT)

        assert look(Action.RETRY, replace(case, debit=payment)).fate is Fate.PARKED

    def test_parks_again_what_cannot_even_be_refunded(self):
        case = make_case()

        prospect = look(Action.RETRY, replace(case, wallets={}))

        assert (prospect.fate, prospect.reason) == (Fate.PARKED, "unauthenticated")

    def test_parks_again_what_has_arrived_already(self):
        case = make_case()
        credit = make_entry(kind=Kind.TRANSFER_IN, wallet=case.row.target)

        assert look(Action.RETRY, replace(case, credit=credit)).fate is Fate.PARKED


class TestFail:
    def test_refunds_the_sender(self):
        prospect = look(Action.FAIL, make_case(sender_balance=40))

        assert (prospect.fate, prospect.entry.before, prospect.entry.after) == (Fate.REFUNDED, 40, 340)

    @pytest.mark.parametrize(
        ("spoil", "reason"),
        [
            (lambda case: replace(case, debit=None), "no_debit"),
            (lambda case: replace(case, debit=replace(case.debit, kind=Kind.PAYMENT)), "no_debit"),
            (lambda case: without_wallet(case, case.row.sender), "unauthenticated"),
            (lambda case: replace(case, credit=make_entry(kind=Kind.REFUND)), "arrived_already"),
        ],
    )
    def test_is_refused_when_there_is_nothing_to_give_back(self, spoil, reason):
        prospect = look(Action.FAIL, spoil(make_case()))

        assert (prospect.fate, prospect.reason, prospect.entry) == (Fate.REFUSED, reason, None)
        assert not prospect.possible

    def test_is_refused_where_the_refund_would_pass_the_cap(self):
        assert look(Action.FAIL, make_case(sender_balance=CAP)).reason == "balance_cap_exceeded"


class TestPark:
    def test_moves_no_money(self):
        prospect = look(Action.PARK, make_case(parked=False))

        assert (prospect.fate, prospect.entry, prospect.possible) == (Fate.PARKED, None, True)

    def test_is_refused_when_it_is_parked(self):
        assert look(Action.PARK, make_case(parked=True)).reason == "parked_already"


@pytest.mark.parametrize("status", [TransferStatus.SUCCESS, TransferStatus.FAILED])
@pytest.mark.parametrize("action", Action)
def test_nothing_can_be_done_with_a_transfer_that_has_ended(action, status):
    """P10: the status never moves back."""
    prospect = look(action, make_case(status=status.value))

    assert (prospect.fate, prospect.reason) == (Fate.REFUSED, "ended")


def test_every_prospect_is_a_sentence():
    cases = [make_case(), make_case(parked=False), replace(make_case(), debit=None)]

    for case in cases:
        for action in Action:
            assert look(action, case).sentence.endswith(".")
