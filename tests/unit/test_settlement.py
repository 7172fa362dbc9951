"""Which posting a transfer asks for, and when its debit vouches for it."""

from dataclasses import replace
from uuid import uuid4

import pytest
from factories import make_entry, make_transfer

from wallet import settlement
from wallet.models import EntryId, Kind, Side
from wallet.rules.partition import partition_of


def debit_of(transfer, **overrides):
    fields = {
        "id": settlement.debit_id(transfer.id),
        "kind": Kind.TRANSFER_OUT,
        "wallet": transfer.sender,
        "amount": transfer.amount,
        "remarks": transfer.remarks,
        "counterparty": transfer.target,
    }
    return make_entry(**fields | overrides)


@pytest.fixture
def transfer():
    return make_transfer(amount=500, remarks="patungan")


def test_a_debit_is_the_debit_side_of_the_transfer(transfer):
    assert settlement.debit_id(transfer.id) == EntryId(transfer.id, Side.DEBIT)


def test_a_debit_of_the_same_money_between_the_same_people_vouches(transfer):
    assert settlement.vouches(settlement.Debit.of(debit_of(transfer)), transfer)


def test_no_debit_vouches_for_nothing(transfer):
    assert not settlement.vouches(None, transfer)


@pytest.mark.parametrize(
    "lie",
    [{"amount": 501}, {"amount": 499}, {"target": uuid4()}, {"sender": uuid4()}],
    ids=lambda lie: next(iter(lie)),
)
def test_a_row_that_lies_is_not_vouched_for(transfer, lie):
    """P1: a row of the queue that somebody else wrote makes no money."""
    assert not settlement.vouches(settlement.Debit.of(debit_of(transfer)), replace(transfer, **lie))


@pytest.mark.parametrize("kind", sorted(set(Kind) - {Kind.TRANSFER_OUT}))
def test_an_entry_of_another_kind_does_not_vouch(transfer, kind):
    """P1: a payment left the wallet for good; it is no money on its way to anybody."""
    assert not settlement.vouches(settlement.Debit.of(debit_of(transfer, kind=kind)), transfer)


def test_a_credit_brings_the_target_what_was_promised(transfer):
    posting = settlement.credit(transfer)

    assert posting.entry_id == EntryId(transfer.id, Side.CREDIT)
    assert (posting.kind, posting.wallet, posting.counterparty) == (
        Kind.TRANSFER_IN,
        transfer.target,
        transfer.sender,
    )
    assert (posting.amount, posting.remarks) == (500, "patungan")


def test_a_refund_gives_the_sender_back_what_was_taken(transfer):
    posting = settlement.refund(debit_of(transfer))

    assert (posting.kind, posting.wallet, posting.counterparty) == (
        Kind.REFUND,
        transfer.sender,
        transfer.target,
    )
    assert (posting.amount, posting.remarks) == (500, "patungan")


def test_credit_and_refund_exclude_each_other_by_their_id(transfer):
    """P3: exactly one of them can ever be written."""
    assert settlement.credit(transfer).entry_id == settlement.refund(debit_of(transfer)).entry_id


def test_lanes_hold_everything_once_in_order_and_share_no_receiver():
    receivers = [uuid4() for _ in range(20)]
    transfers = [make_transfer(target=one, partition=partition_of(one)) for one in receivers * 3]

    lanes = settlement.Vouched(transfers).lanes(2)

    assert len(lanes) == 2
    assert sorted((one for lane in lanes for one in lane.transfers), key=transfers.index) == transfers
    assert not {one.target for one in lanes[0].transfers} & {one.target for one in lanes[1].transfers}
    for lane in lanes:
        places = [transfers.index(one) for one in lane.transfers]
        assert places == sorted(places)
