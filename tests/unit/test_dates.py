"""Dates as people write them: what is asked for is what is shown between the two, both included."""

from contextlib import nullcontext, suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wallet.errors import InvalidInput
from wallet.rules.dates import end, start

JAKARTA = ZoneInfo("Asia/Jakarta")
NEW_YORK = ZoneInfo("America/New_York")

moments = st.integers(0, 2**42).map(
    lambda milliseconds: datetime(1990, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
)
days = st.dates().map(str)
seconds = st.datetimes().map(lambda moment: moment.strftime("%Y-%m-%d %H:%M:%S").rjust(19, "0"))


def shown(moment, zone):
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


@given(moments, moments)
def test_a_second_is_from_its_start_to_its_end(moment, other):
    """In a zone whose clocks never change: as with the texts, so with the moments."""
    text = shown(moment, JAKARTA)

    assert (start("from", text, JAKARTA) <= other) is (text <= shown(other, JAKARTA))
    assert (other < end("to", text, JAKARTA)) is (shown(other, JAKARTA) <= text)


@pytest.mark.parametrize("zone", [JAKARTA, NEW_YORK], ids=str)
@given(moment=moments, other=moments)
def test_a_day_is_from_its_midnight_to_the_next(zone, moment, other):
    day = shown(moment, zone)[:10]

    assert (start("from", day, zone) <= other) is (day <= shown(other, zone)[:10])
    assert (other < end("to", day, zone)) is (shown(other, zone)[:10] <= day)


def test_a_time_is_written_with_a_space_or_with_a_t():
    both = [start("from", f"2026-11-05{mark}17:30:00", JAKARTA) for mark in " T"]

    assert both == [datetime(2026, 11, 5, 10, 30, tzinfo=UTC)] * 2


def test_where_clocks_are_put_back_both_such_hours_are_meant():
    twice = "2026-11-01 01:30:00"

    assert end("to", twice, NEW_YORK) - start("from", twice, NEW_YORK) == timedelta(hours=1, seconds=1)


@pytest.mark.parametrize("read", [start, end])
@pytest.mark.parametrize(
    "text",
    [
        *("", "now", "2026-11", "2026-11-31", "2026-02-29", "2026-13-01", "2026-11-05 24:00:00", "20261105"),
        *(
            "2026-11-05 17:30",
            "2026-11-05T17:30:00Z",
            "2026-11-05T17:30:00+07:00",
            " 2026-11-05",
            "2026-W45-4",
        ),
        *("0000-01-01", "2026-11-05\n", "２０２６-11-05", "$gt"),  # noqa: RUF001 - digits, but not ours
    ],
)
def test_whatever_else_is_refused_by_name(read, text):
    with pytest.raises(InvalidInput) as refusal:
        read("from", text, JAKARTA)

    assert set(refusal.value.fields) == {"from"}


@pytest.mark.parametrize("zone", ["Asia/Jakarta", "America/New_York"])
@given(text=days | seconds)
def test_at_the_ends_of_the_calendar_there_is_an_answer_too(zone, text):
    amid = text[:4] not in ("0001", "9999")
    for read in (start, end):
        with nullcontext() if amid else suppress(InvalidInput):
            assert read("from", text, ZoneInfo(zone)).tzinfo is UTC
