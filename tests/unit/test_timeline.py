"""A transfer's life in order, with the time between."""

from dataclasses import replace
from datetime import timedelta

from factories import make_entry, make_transfer
from test_foresight import make_row

from wallet import clock
from wallet.cases import Case, FailedAttempt, Note
from wallet.models import EntryId, Kind, Side, TransferStatus
from wallet.timeline import Event, timeline, told

START = clock.now()


def after(**span):
    return START + timedelta(**span)


def case_of(*, credit=None, **row):
    transfer = make_transfer(date=START)
    debit = make_entry(id=EntryId(transfer.id, Side.DEBIT), kind=Kind.TRANSFER_OUT, date=START)
    return Case(make_row(transfer, **{"parked": False, **row}), debit, credit, {})


def test_a_settled_transfer_says_how_long_it_took():
    case = case_of(credit=make_entry(kind=Kind.TRANSFER_IN, date=after(milliseconds=12)), status="SUCCESS")

    assert timeline(case) == [Event("accepted", START), Event("settled", after(milliseconds=12), "", 12)]


def test_a_refund_says_why():
    case = case_of(
        credit=make_entry(kind=Kind.REFUND, date=after(seconds=3)),
        status=TransferStatus.FAILED.value,
        failure="receiver_not_active",
    )

    assert timeline(case)[-1] == Event("refunded", after(seconds=3), "receiver_not_active", 3_000)


def test_what_operators_did_stands_where_it_happened():
    notes = (
        Note("park", "siti", "looks odd", after(seconds=1)),
        Note("retry", "console", "it is fine", after(seconds=5)),
    )
    case = case_of(credit=make_entry(kind=Kind.TRANSFER_IN, date=after(seconds=6)), notes=notes)

    events = timeline(case)

    assert [event.name for event in events] == [
        "accepted",
        "parked by an operator",
        "retried by an operator",
        "settled",
    ]
    assert events[1].detail == "siti: looks odd"
    assert [event.after_ms for event in events] == [None, 1_000, 4_000, 1_000]


def test_what_has_no_date_stands_last():
    attempt = FailedAttempt(after(seconds=1), "other")

    events = timeline(case_of(attempts=1, parked=True, failure="poison", failed_attempts=(attempt,)))

    assert [event.name for event in events] == ["accepted", "attempt failed", "attempts failed", "parked"]
    assert events[1].after_ms == 1_000
    assert [event.at for event in events[2:]] == [None, None]


def test_a_row_without_a_debit_was_never_accepted():
    case = replace(case_of(parked=True, failure="no_debit"), debit=None)

    assert [event.name for event in timeline(case)] == ["queued without a debit", "parked"]


def test_one_that_waits_says_not_before_when():
    case = case_of(attempts=2, retry_at=START)

    assert timeline(case)[-1].detail == f"2; the next not before {START:%Y-%m-%d %H:%M:%S} UTC"


def whole_life():
    """Everything that can happen to a transfer, and an operator at work."""
    return case_of(
        credit=make_entry(kind=Kind.REFUND, date=after(seconds=9)),
        status=TransferStatus.FAILED.value,
        failure="poison",
        failed_attempts=(FailedAttempt(after(seconds=1), "already_exists"),),
        parked_at=after(seconds=2),
        notes=(
            Note("park", "siti", "looks odd", after(seconds=3)),
            Note("retry", "siti", "it is fine", after(seconds=4)),
        ),
        picked_up_at=after(seconds=8),
    )


def test_the_two_between_whom_it_is_are_told_what_happened_and_nothing_about_operators():
    events = told(whole_life())

    assert [(event.name, event.detail) for event in events] == [
        ("accepted", ""),
        ("attempt_failed", "already_exists"),
        ("delayed", ""),
        ("delayed", ""),
        ("picked_up", ""),
        ("refunded", "poison"),
    ]
    assert [event.after_ms for event in events] == [None, 1_000, 1_000, 1_000, 5_000, 1_000]
    assert "siti" not in str(events)


def test_clocks_that_disagree_do_not_turn_a_life_around():
    case = case_of(
        picked_up_at=after(seconds=-1),
        credit=make_entry(kind=Kind.TRANSFER_IN, date=after(seconds=-2)),
    )

    events = told(case)

    assert [event.name for event in events] == ["accepted", "picked_up", "settled"]
    assert [event.after_ms for event in events] == [None, 0, 0]
