"""A statement as a table for spreadsheets, in pieces, whoever sends or keeps them.

One table from the first row to the last, each with the same columns: the opening balance, the entries oldest
first, the closing balance, then what they come to by kind and in all. The totals have columns of their own:
whoever adds up ``debit`` or ``credit`` adds up entries. A file without its last row was cut off.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
from io import StringIO
from typing import Any

from wallet.models import Entry, Kind, Side
from wallet.statements import Statement, Sum

COLUMNS = (
    *("seq", "date", "kind", "id", "counterparty", "remarks"),
    *("debit", "credit", "balance", "count", "total"),
)
LAST_ROW = "TOTAL_CREDITS"

_AS_UTF_8 = "\ufeff"
"""Without this mark in front, spreadsheets take the file for the code page of their computer."""

_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")  # noqa: RUF001 - the wide ones count, too
"""What begins a formula in one spreadsheet or another."""

Row = dict[str, Any]


def chunks(statement: Statement, pages: Iterable[Sequence[Entry]], zone: tzinfo) -> Iterator[bytes]:
    """Yield the file: UTF-8, rows that end with CR LF, dates in ``zone``, amounts as whole rupiah.

    Args:
        statement: what it is about.
        pages: its entries, oldest first. What they raise ends the file before its last rows.
        zone: where dates are shown.
    """
    yield _AS_UTF_8.encode() + _lines([dict(zip(COLUMNS, COLUMNS, strict=True)), _opening(statement)])
    for page in filter(None, pages):
        yield _lines(_entry(entry, zone) for entry in page)
    yield _lines(_ending(statement))


def _lines(rows: Iterable[Row]) -> bytes:
    text = StringIO(newline="")
    csv.DictWriter(text, COLUMNS).writerows(rows)
    return text.getvalue().encode()


def _opening(statement: Statement) -> Row:
    return {"kind": "OPENING_BALANCE", "balance": statement.opening}


def _entry(entry: Entry, zone: tzinfo) -> Row:
    return {
        "seq": entry.seq,
        "date": _date(entry.date, zone),
        "kind": entry.kind.value,
        "id": entry.operation,
        "counterparty": entry.counterparty,
        "remarks": _plain(entry.remarks),
        "debit" if entry.kind.side is Side.DEBIT else "credit": entry.amount,
        "balance": entry.after,
    }


def _ending(statement: Statement) -> Iterator[Row]:
    yield {"kind": "CLOSING_BALANCE", "balance": statement.closing}
    for kind in Kind:
        yield _total(f"TOTAL_{kind.value}", statement.total(kind))
    yield _total("TOTAL_DEBITS", statement.moved(Side.DEBIT))
    yield _total(LAST_ROW, statement.moved(Side.CREDIT))


def _total(name: str, total: Sum) -> Row:
    return {"kind": name, "count": total.count, "total": total.amount}


def _date(date: datetime, zone: tzinfo) -> str:
    return date.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def _plain(remarks: str) -> str:
    """Return what users wrote to each other as text, which no spreadsheet takes for a formula."""
    return f"'{remarks}" if remarks.startswith(_FORMULAS) else remarks
