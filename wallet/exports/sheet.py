"""The paper of a statement: A4, its fonts, and a foot on each page."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from fpdf import FPDF
from fpdf.enums import Align, XPos, YPos

from wallet.exports.letters import drawable

FONT = "DejaVu"
MARGIN = 14
"""Millimetres, as all lengths here; sizes of letters are points."""

WIDTH = 210 - 2 * MARGIN
FOOT = 18

INK, GREY, RULE, SHADE = 20, 100, 215, 246
"""0 is black, 255 white. Nothing is told by colour: a statement is printed, copied and read aloud."""

Draw = Callable[[], None]

_FONTS = Path(__file__).with_name("fonts")


class Sheet(FPDF):
    """``head`` draws what each page begins with, ``foot`` is what stands below it beside its number."""

    def __init__(self, foot: str, made: datetime) -> None:
        super().__init__(format="A4")
        self.head: Draw = _nothing
        self.has_gaps = False
        self._foot = foot
        self.set_creation_date(made)
        self.add_font(FONT, fname=_FONTS / "DejaVuSansCondensed.ttf")
        self.add_font(FONT, "B", fname=_FONTS / "DejaVuSansCondensed-Bold.ttf")
        self._glyphs = self.fonts[FONT.lower()].cmap  # type: ignore[union-attr] # a font of a file has one
        self.set_margin(MARGIN)
        self.set_auto_page_break(auto=False)
        self.set_lang("en")

    def close(self) -> None:
        """Close the files of the fonts, which stay open until the document is put out."""
        for font in self.fonts.values():
            font.close()  # type: ignore[union-attr] # a font of a file has one

    def header(self) -> None:
        self.head()

    def footer(self) -> None:
        self.set_y(-FOOT + 4)
        self.rule()
        self.ln(1.5)
        self.write_line(self._foot, WIDTH - 30, size=7, grey=GREY, stay=True)
        self.write_line(f"Page {self.page_no()} of {{nb}}", 30, size=7, grey=GREY, align=Align.R)

    def has_room(self, height: float) -> bool:
        return float(self.get_y()) + height <= self.h - FOOT

    def shown(self, text: str) -> str:
        """Return ``text`` as far as the font has its letters."""
        drawn = drawable(text, self._glyphs)
        self.has_gaps = self.has_gaps or drawn != text
        return drawn

    def rule(self, grey: int = RULE) -> None:
        self.set_draw_color(grey)
        self.line(MARGIN, self.get_y(), MARGIN + WIDTH, self.get_y())

    def write_line(  # noqa: PLR0913
        self,
        text: str,
        width: float,
        *,
        size: float = 8,
        bold: bool = False,
        grey: int = INK,
        align: Align = Align.L,
        height: float = 4,
        stay: bool = False,
    ) -> None:
        """Write ``text`` in a box, smaller where it would not fit; then go to its right, or below."""
        self.set_font(FONT, "B" if bold else "", size)
        wide = self.get_string_width(text)
        room = width - 2 * self.c_margin
        if wide > room:
            self.set_font_size(size * room / wide)
        self.set_text_color(grey)
        self.cell(
            width,
            height,
            text,
            align=align,
            new_x=XPos.RIGHT if stay else XPos.LMARGIN,
            new_y=YPos.TOP if stay else YPos.NEXT,
        )


def _nothing() -> None:
    """Draw nothing."""
