"""What the font of statements has, and lines as wide as their column."""

import re
from collections.abc import Callable, Container, Iterator

MISSING = "\ufffd"
"""Stands for what the font lacks: Chinese, Thai, emoji. The export as CSV has it as it was written."""

_RUN = re.compile(f"{MISSING}+")

Width = Callable[[str], float]


def drawable(text: str, glyphs: Container[int]) -> str:
    """Return ``text`` with one mark for all neighbouring letters that are not among ``glyphs``."""
    marked = "".join(one if ord(one) in glyphs else MISSING for one in text)
    return _RUN.sub(MISSING, marked)


def lines(text: str, width: Width, room: float) -> Iterator[str]:
    """Break ``text`` at its spaces, and inside a word where that alone is too wide."""
    line = ""
    for word in text.split():
        longer = f"{line} {word}" if line else word
        if width(longer) <= room:
            line = longer
            continue
        if line:
            yield line
        *full, line = _pieces(word, width, room)
        yield from full
    if line:
        yield line


def _pieces(word: str, width: Width, room: float) -> Iterator[str]:
    piece = ""
    for letter in word:
        if piece and width(piece + letter) > room:
            yield piece
            piece = ""
        piece += letter
    yield piece
