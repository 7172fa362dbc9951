"""A statement as a document: everything is on it, it fits, and it is the same bytes whenever it is made."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from factories import make_entry, make_export
from pypdf import PdfReader

from wallet.exports import letters, words
from wallet.exports.statement_pdf import render
from wallet.models import EntryId, Kind, Side
from wallet.rules.money import LARGEST_CAP
from wallet.rules.month import Month
from wallet.statements import Statement, Sum

ZONE = ZoneInfo("Asia/Jakarta")
NOON = datetime(2026, 11, 25, 5, tzinfo=UTC)
WALLET = UUID(int=5)
JOB = make_export(id=UUID(int=7), user=WALLET, owner="Siti Rahayu", created_at=NOON)
A4 = (595.28, 841.89)
"""Points."""

ABOUT = 20

MARGIN = 14 * 72 / 25.4


def chain(*lines, opening=0):
    """Entries of (kind, amount, remarks), one after the other, an hour apart."""
    entries, balance = [], opening
    for number, (kind, amount, remarks) in enumerate(lines):
        after = balance + (amount if kind.side is Side.CREDIT else -amount)
        entries.append(
            make_entry(
                id=EntryId(UUID(int=number), kind.side),
                wallet=WALLET,
                seq=number + 1,
                kind=kind,
                amount=amount,
                before=balance,
                after=after,
                remarks=remarks,
                date=NOON - timedelta(days=20) + timedelta(hours=number),
            )
        )
        balance = after
    return entries


def statement_of(entries, opening=0, *, complete=False):
    totals = {kind: [one.amount for one in entries if one.kind is kind] for kind in Kind}
    return Statement(
        wallet=WALLET,
        month=Month(2026, 11),
        as_of=NOON,
        complete=complete,
        first=1,
        last=len(entries),
        opening=opening,
        closing=entries[-1].after if entries else opening,
        totals={kind: Sum(len(amounts), sum(amounts)) for kind, amounts in totals.items() if amounts},
    )


def document(*lines, opening=0, complete=False, job=JOB):
    entries = chain(*lines, opening=opening)
    return render(job, statement_of(entries, opening, complete=complete), [entries], ZONE)


def pages(pdf):
    return [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]


def test_it_says_whose_it_is_and_of_when():
    (text,) = pages(document((Kind.TOP_UP, 500_000, "")))

    for told in ("Siti Rahayu", "0811****01", str(WALLET), "November 2026", "1 – 30 November 2026"):  # noqa: RUF001
        assert told in text
    assert "So far: as of 25 November 2026, 12:00" in text
    assert "Asia/Jakarta" in text


def test_of_a_month_that_is_over_it_says_no_more_than_when_it_was_made():
    (text,) = pages(document((Kind.TOP_UP, 500_000, ""), complete=True))

    assert "25 November 2026, 12:00" in text
    assert "So far" not in text


def test_every_entry_is_on_it_with_its_balance_and_its_sign():
    """What came in and what went out is told apart without colour: by sign, and by column."""
    (text,) = pages(document((Kind.TOP_UP, 500_000, ""), (Kind.PAYMENT, 1_234, "Kopi"), opening=1_000_000))
    flat = " ".join(text.split())

    assert "Rp1.000.000" in flat
    assert "05-11-2026 12:00:00 Top-up +Rp500.000 Rp1.500.000" in flat
    assert "05-11-2026 13:00:00 Payment −Rp1.234 Rp1.498.766" in flat  # noqa: RUF001
    assert "Kopi" in flat
    assert "Closing balance Rp1.498.766" in flat


def test_what_came_in_stands_in_its_column_and_what_went_out_in_the_other():
    places = {}

    def note(text, _cm, matrix, _font, _size):
        places.setdefault(text.strip(), []).append(matrix[4])

    pdf = document((Kind.TOP_UP, 500_000, ""), (Kind.PAYMENT, 400_000, ""))
    PdfReader(io.BytesIO(pdf)).pages[0].extract_text(visitor_text=note)

    for column, amount in (("Money in", "+Rp500.000"), ("Money out", "−Rp400.000")):  # noqa: RUF001
        _of_the_summary, in_the_table, *_ = places[amount]
        assert abs(in_the_table - places[column][1]) < ABOUT


def test_a_month_without_entries_has_its_balances():
    (text,) = pages(document(opening=7_000))

    assert text.count("Rp7.000") >= 4
    assert "0 times" in text


def test_each_page_of_a_long_one_has_a_head_and_its_number():
    found = pages(document(*[(Kind.TOP_UP, 1, f"remark {number}") for number in range(200)]))

    assert len(found) > 3
    for number, text in enumerate(found, 1):
        assert f"Page {number} of {len(found)}" in text
    for text in found[:-1]:
        assert "Money in" in text
        assert "Balance" in text
    together = "".join(found)
    assert all(f"remark {number}\n" in together for number in range(200))


@pytest.mark.parametrize("width", ["W", "i"])
def test_nothing_runs_over_the_edge(width):
    """The largest amounts, and remarks as long as they may be in words of one letter or of two hundred."""
    remarks = (width * 200, f"{width} " * 100)
    lines = [(Kind.TOP_UP, LARGEST_CAP, remarks[0]), (Kind.PAYMENT, LARGEST_CAP, remarks[1])] * 20
    placed = []

    def note(text, _cm, matrix, _font, size):
        if text.strip():
            placed.append((matrix[4], matrix[5], size))

    reader = PdfReader(io.BytesIO(document(*lines)))
    for page in reader.pages:
        assert tuple(map(float, page.mediabox[2:])) == pytest.approx(A4, abs=0.1)
        page.extract_text(visitor_text=note)

    assert min(x for x, _, _ in placed if x) >= MARGIN
    assert max(x for x, _, _ in placed) <= A4[0] - MARGIN
    assert min(y for _, y, _ in placed if y) >= MARGIN / 2


def test_letters_of_other_scripts_are_there_and_what_the_font_lacks_is_marked_and_told():
    (text,) = pages(document((Kind.PAYMENT, 0, "Сдача, Ευχαριστώ"), (Kind.PAYMENT, 0, "Kopi 咖啡 👍")))

    assert "Сдача, Ευχαριστώ" in text
    assert f"Kopi {letters.MISSING} {letters.MISSING}" in text
    assert "The export as CSV has them" in text


def test_where_nothing_is_lacking_nothing_is_told():
    (text,) = pages(document((Kind.PAYMENT, 0, "Kopi")))

    assert letters.MISSING not in text
    assert "The export as CSV" not in text


def test_it_is_the_same_whenever_it_is_made():
    lines = [(Kind.TOP_UP, 5, "Kopi"), (Kind.PAYMENT, 3, "")]

    assert document(*lines) == document(*lines)


def test_its_metadata_say_what_it_is_and_nothing_of_its_owner():
    told = PdfReader(io.BytesIO(document())).metadata

    assert told.title == "Dompet statement, November 2026"
    assert told.creation_date == NOON
    assert "Siti" not in str(dict(told))


def test_what_its_pages_raise_leaves_no_document_and_no_open_file():
    def broken():
        yield chain((Kind.TOP_UP, 1, ""))
        raise ZeroDivisionError

    before = len(list(Path("/dev/fd").iterdir()))
    with pytest.raises(ZeroDivisionError) as raised:
        render(JOB, statement_of(chain((Kind.TOP_UP, 1, ""))), broken(), ZONE)

    assert raised.tb is not None, "what it made is still held"
    assert len(list(Path("/dev/fd").iterdir())) == before


@pytest.mark.parametrize(
    ("amount", "told"),
    [(0, "Rp0"), (999, "Rp999"), (1_000, "Rp1.000"), (LARGEST_CAP, "Rp9.007.199.254.740.991")],
)
def test_rupiah_are_written_as_in_indonesia(amount, told):
    assert words.rupiah(amount) == told


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("one two three", ["one two", "three"]),
        ("one  two", ["one two"]),
        ("abcdefghijk", ["abcdefgh", "ijk"]),
        ("a bcdefghijkl m", ["a", "bcdefghi", "jkl m"]),
    ],
)
def test_lines_are_broken_at_spaces_or_where_a_word_is_too_long(text, lines):
    assert list(letters.lines(text, len, 8)) == lines
