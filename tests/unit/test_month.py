"""Months as people name them, and when they begin where people live."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wallet.errors import InvalidInput
from wallet.rules.month import Month, parse

ZONES = ["Asia/Jakarta", "UTC", "America/Sao_Paulo", "Pacific/Kiritimati", "Pacific/Pago_Pago"]

months = st.builds(Month, st.integers(1_000, 2_999), st.integers(1, 12))


@given(months)
def test_it_is_read_as_it_is_written(month):
    assert parse(str(month)) == month


@given(st.text())
def test_nothing_else_is_one(text):
    with suppress(InvalidInput):
        assert str(parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", "2026", "2026-1", "2026-13", "2026-00", "26-11", "2026-11-01", "2026/11", " 2026-11", "now"),
        *("0000-01", "3000-01", "-2026-11", "2026-11\n", "２０２６-11"),  # noqa: RUF001 - digits, but not ours
    ],
)
def test_another_spelling_is_refused_by_name(text):
    with pytest.raises(InvalidInput) as refusal:
        parse(text)

    assert set(refusal.value.fields) == {"month"}


@pytest.mark.parametrize("zone", ZONES)
@given(month=months)
def test_each_ends_where_the_next_begins(zone, month):
    """And its first moment is one of its first day; the one before is not."""
    zone = ZoneInfo(zone)
    begins = month.begins(zone)

    assert month < month.following
    assert begins < month.following.begins(zone)
    assert begins.tzinfo is UTC
    local, before = (one.astimezone(zone) for one in (begins, begins - timedelta(milliseconds=1)))
    assert (local.year, local.month, local.day) == (month.year, month.number, 1)
    assert (before.year, before.month) != (month.year, month.number)


def test_it_begins_where_people_live():
    assert Month(2026, 11).begins(ZoneInfo("Asia/Jakarta")) == datetime(2026, 10, 31, 17, tzinfo=UTC)
    assert Month(2026, 12).following == Month(2027, 1)
