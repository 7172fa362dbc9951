"""A statement as a table: whole or visibly cut off, its sums right, and no formula in it."""

import csv
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_statement_rules import EMPTY, OPENING, chain, statement

from wallet.models import Kind
from wallet.statement_csv import COLUMNS, LAST_ROW, chunks
from wallet.statements import DoesNotAddUp, chained

JAKARTA = ZoneInfo("Asia/Jakarta")


def read(file):
    text = file.decode("utf-8-sig")
    return list(csv.DictReader(StringIO(text, newline="")))


def written(whole, pages):
    return b"".join(chunks(whole, chained(whole, pages), JAKARTA))


@pytest.fixture
def rows():
    return read(written(statement(), [chain(300, -120), chain(-30, first=6, opening=OPENING + 180)]))


def test_spreadsheets_are_told_that_it_is_utf_8():
    assert written(statement(**EMPTY), []).startswith(b"\xef\xbb\xbfseq,date,kind,")


def test_the_rows_lead_from_the_opening_to_the_closing_balance(rows):
    assert [(row["seq"], row["kind"], row["balance"]) for row in rows[:5]] == [
        ("", "OPENING_BALANCE", "500"),
        ("4", "TOP_UP", "800"),
        ("5", "PAYMENT", "680"),
        ("6", "PAYMENT", "650"),
        ("", "CLOSING_BALANCE", "650"),
    ]


def test_the_columns_add_up_to_the_totals_and_hold_no_total_twice(rows):
    """Whoever adds up a whole column has what the statement says."""
    totals = {row["kind"]: (int(row["count"]), int(row["total"])) for row in rows[5:]}
    sums = {column: sum(int(row[column] or 0) for row in rows) for column in ("debit", "credit")}

    assert totals == {
        "TOTAL_TOP_UP": (1, 300),
        "TOTAL_PAYMENT": (2, 150),
        "TOTAL_TRANSFER_OUT": (0, 0),
        "TOTAL_TRANSFER_IN": (0, 0),
        "TOTAL_REFUND": (0, 0),
        "TOTAL_DEBITS": (2, 150),
        "TOTAL_CREDITS": (1, 300),
    }
    assert sums == {"debit": 150, "credit": 300}


def test_each_row_has_every_column():
    text = written(statement(), [chain(300, -120, -30)]).decode("utf-8-sig")

    assert {len(row) for row in csv.reader(StringIO(text, newline=""))} == {len(COLUMNS)}
    assert text.count("\r\n") == text.count("\n") == 1 + 1 + 3 + 1 + 7


def test_an_entry_is_told_with_all_that_it_is():
    wallet, other = UUID(int=1), UUID(int=2)
    [entry] = chain(50)
    sent = {
        "kind": Kind.TRANSFER_IN,
        "counterparty": other,
        "remarks": "Hadiah, «Ultah»",
        "date": datetime(2026, 11, 30, 17, 0, 1, tzinfo=UTC),
    }
    entry = replace(entry, **sent)
    whole = statement(wallet=wallet, last=4, closing=OPENING + 50)

    row = read(written(whole, [[entry]]))[1]

    assert row == {
        "seq": "4",
        "date": "2026-12-01 00:00:01",
        "kind": "TRANSFER_IN",
        "id": str(entry.operation),
        "counterparty": str(other),
        "remarks": "Hadiah, «Ultah»",
        "debit": "",
        "credit": "50",
        "balance": "550",
        "count": "",
        "total": "",
    }


FORMULAS = "=+-@\t\r＝＋－＠"  # noqa: RUF001 - these are formulas, too


@given(st.text())
def test_no_cell_of_somebody_elses_begins_a_formula(remarks):
    """And nothing is lost but that: the text comes back with at most an apostrophe in front."""
    [entry] = chain(50)
    entry = replace(entry, remarks=remarks)

    cell = read(written(statement(last=4, closing=OPENING + 50), [[entry]]))[1]["remarks"]

    assert not cell.startswith(tuple(FORMULAS))
    assert cell == (f"'{remarks}" if remarks.startswith(tuple(FORMULAS)) else remarks)


@pytest.mark.parametrize("first", FORMULAS)
def test_each_beginning_of_a_formula_is_taken_away(first):
    [entry] = chain(50)
    remarks = f"{first}HYPERLINK(1)"
    entry = replace(entry, remarks=remarks)

    rows = read(written(statement(last=4, closing=OPENING + 50), [[entry]]))

    assert rows[1]["remarks"] == f"'{remarks}"


def test_one_that_is_cut_off_lacks_its_last_row():
    whole, pieces = statement(), []

    with pytest.raises(DoesNotAddUp):
        pieces.extend(chunks(whole, chained(whole, [chain(300, -120)]), JAKARTA))

    kinds = [row["kind"] for row in read(b"".join(pieces))]
    assert kinds == ["OPENING_BALANCE", "TOP_UP", "PAYMENT"]
    assert read(written(whole, [chain(300, -120, -30)]))[-1]["kind"] == LAST_ROW
