"""A statement as a document for people: A4, black on white, the same bytes whenever it is made."""

from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import tzinfo
from zoneinfo import ZoneInfo

from fpdf.enums import Align

from wallet.export_job import ExportJob
from wallet.exports import letters, words
from wallet.exports.sheet import FONT, GREY, INK, MARGIN, SHADE, WIDTH, Sheet
from wallet.models import Entry, Kind, Side
from wallet.statements import Statement

_DATE, _WHAT, _AMOUNT, _BALANCE = 28, 64, 29, 32
"""Of the columns; money in and money out are as wide as each other."""

_LINE, _PAD = 3.6, 1.4
_SMALL = 7.5

_GAPS = f"{letters.MISSING} stands for letters that this document's font lacks. The export as CSV has them."


def render(job: ExportJob, statement: Statement, pages: Iterable[Sequence[Entry]], zone: ZoneInfo) -> bytes:
    """Return the document.

    Args:
        job: who asked for it, and when.
        statement: what it tells.
        pages: its entries, oldest first. What they raise leaves no document.
        zone: where dates are shown.
    """
    with closing(Sheet(_foot(job, statement, zone), job.created_at)) as sheet:
        sheet.set_title(f"Dompet statement, {words.month_name(statement.month)}")
        sheet.set_author("Dompet")
        sheet.add_page()
        _write_title(sheet, job, statement, zone)
        _write_summary(sheet, statement)
        _Table(sheet, zone).write(statement, pages)
        _write_totals(sheet, statement)
        return bytes(sheet.output())


def _foot(job: ExportJob, statement: Statement, zone: ZoneInfo) -> str:
    made = f"as of {words.moment(statement.as_of, zone)} ({zone.key})"
    return f"Dompet \u00b7 {words.month_name(statement.month)} \u00b7 {made} \u00b7 export {job.id}"


def _write_title(sheet: Sheet, job: ExportJob, statement: Statement, zone: ZoneInfo) -> None:
    half = WIDTH / 2
    sheet.write_line("Dompet", half, size=22, bold=True, height=10, stay=True)
    sheet.write_line(words.month_name(statement.month), half, size=15, bold=True, height=10, align=Align.R)
    sheet.write_line("Wallet statement", half, size=9, grey=GREY, stay=True)
    sheet.write_line(words.period(statement.month, zone), half, size=9, grey=GREY, align=Align.R)
    sheet.ln(3)
    sheet.rule(INK)
    sheet.ln(3)
    as_of = f"{'' if statement.complete else 'So far: as of '}{words.moment(statement.as_of, zone)}"
    for left, right, bold in (
        (sheet.shown(job.owner), as_of, True),
        (job.phone, f"Times are of {zone.key}", False),
        (f"Wallet {statement.wallet}", "", False),
    ):
        sheet.write_line(left, half + 20, size=10 if bold else 8, bold=bold, height=5, stay=True)
        sheet.write_line(right, half - 20, grey=GREY, height=5, align=Align.R)
    sheet.ln(4)


def _write_summary(sheet: Sheet, statement: Statement) -> None:
    """Write the four figures that matter, in a box."""
    came, went = statement.moved(Side.CREDIT), statement.moved(Side.DEBIT)
    figures = (
        ("Opening balance", words.rupiah(statement.opening), ""),
        ("Money in", f"+{words.rupiah(came.amount)}", words.count(came.count, "time")),
        ("Money out", f"\u2212{words.rupiah(went.amount)}", words.count(went.count, "time")),
        ("Closing balance", words.rupiah(statement.closing), ""),
    )
    top, height, width = sheet.get_y(), 20, (WIDTH - 4) / len(figures)
    sheet.set_fill_color(SHADE)
    sheet.set_draw_color(INK)
    sheet.rect(MARGIN, top, WIDTH, height, style="DF")
    for number, (name, amount, beside) in enumerate(figures):
        for line, (text, size, bold) in enumerate(((name, 8, False), (amount, 12, True), (beside, 7, False))):
            sheet.set_xy(MARGIN + 2 + number * width, top + 2.5 + line * 5)
            sheet.write_line(text, width, size=size, bold=bold, height=5, grey=INK if bold else GREY)
    sheet.set_xy(MARGIN, top + height + 6)


class _Table:
    """The entries: a head on each page, and rows as high as their remarks."""

    def __init__(self, sheet: Sheet, zone: tzinfo) -> None:
        self._sheet = sheet
        self._zone = zone

    def write(self, statement: Statement, pages: Iterable[Sequence[Entry]]) -> None:
        self._write_head()
        self._sheet.head = self._write_head
        self._write_balance("Opening balance", statement.opening)
        for page in pages:
            for entry in page:
                self._write_entry(entry)
        self._write_balance("Closing balance", statement.closing)
        self._sheet.head = lambda: None

    def _write_head(self) -> None:
        sheet = self._sheet
        for title, width, align in (
            ("Date", _DATE, Align.L),
            ("Description", _WHAT, Align.L),
            ("Money in", _AMOUNT, Align.R),
            ("Money out", _AMOUNT, Align.R),
            ("Balance", _BALANCE, Align.R),
        ):
            sheet.write_line(title, width, bold=True, align=align, height=5, stay=True)
        sheet.ln(6)
        sheet.rule(INK)
        sheet.ln(_PAD)

    def _write_balance(self, name: str, balance: int) -> None:
        self._make_room(_LINE + 2 * _PAD)
        sheet = self._sheet
        sheet.write_line("", _DATE, stay=True)
        sheet.write_line(name, _WHAT + 2 * _AMOUNT, bold=True, height=_LINE, stay=True)
        sheet.write_line(words.rupiah(balance), _BALANCE, bold=True, align=Align.R, height=_LINE)
        self._end_row()

    def _write_entry(self, entry: Entry) -> None:
        remarks = self._lines(entry.remarks)
        self._make_room((1 + len(remarks)) * _LINE + 2 * _PAD)
        sheet = self._sheet
        came = entry.kind.side is Side.CREDIT
        amount = f"{'+' if came else chr(0x2212)}{words.rupiah(entry.amount)}"
        date = f"{entry.date.astimezone(self._zone):%d-%m-%Y  %H:%M:%S}"
        sheet.write_line(date, _DATE, height=_LINE, stay=True)
        sheet.write_line(words.KINDS[entry.kind], _WHAT, height=_LINE, stay=True)
        for text in (amount if came else "", "" if came else amount):
            sheet.write_line(text, _AMOUNT, align=Align.R, height=_LINE, stay=True)
        sheet.write_line(words.rupiah(entry.after), _BALANCE, align=Align.R, height=_LINE)
        for line in remarks:
            sheet.set_x(MARGIN + _DATE)
            sheet.write_line(line, _WHAT, size=_SMALL, grey=GREY, height=_LINE)
        self._end_row()

    def _lines(self, remarks: str) -> list[str]:
        sheet = self._sheet
        sheet.set_font(FONT, "", _SMALL)
        room = _WHAT - 2 * sheet.c_margin
        return list(letters.lines(sheet.shown(remarks), sheet.get_string_width, room))

    def _make_room(self, height: float) -> None:
        if not self._sheet.has_room(height):
            self._sheet.add_page()

    def _end_row(self) -> None:
        self._sheet.ln(_PAD)
        self._sheet.rule()
        self._sheet.ln(_PAD)


def _write_totals(sheet: Sheet, statement: Statement) -> None:
    rows = [(words.KINDS[kind], kind.side, statement.total(kind)) for kind in Kind]
    if not sheet.has_room(20 + 4.5 * len(rows)):
        sheet.add_page()
    sheet.ln(5)
    sheet.write_line("Totals", WIDTH, size=10, bold=True, height=6)
    for name, side, total in rows:
        sign = "+" if side is Side.CREDIT else "\u2212"
        sheet.write_line(name, 50, height=4.5, stay=True)
        sheet.write_line(words.count(total.count, "time"), 30, height=4.5, align=Align.R, stay=True)
        amount = f"{sign}{words.rupiah(total.amount)}" if total.count else words.rupiah(0)
        sheet.write_line(amount, 40, height=4.5, align=Align.R)
    if sheet.has_gaps:
        sheet.ln(3)
        sheet.write_line(_GAPS, WIDTH, size=7, grey=GREY)
