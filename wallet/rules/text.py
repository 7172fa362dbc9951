"""Text that people write and other people read: normal form, bounded, nothing invisible."""

import unicodedata

from wallet.errors import InvalidInput

NAME_LENGTH = 64
ADDRESS_LENGTH = 200
REMARKS_LENGTH = 200
"""The longest, in characters: as it is sent, which the OpenAPI document can say, and as it is kept."""

# Cc control, Cf format (bidi overrides, zero-width characters), Cs surrogate, Co private use,
# Cn unassigned, Zl and Zp line and paragraph separators.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

# Letters, marks and symbols by their category, yet drawn as nothing: fillers, joiners, the blank of Braille.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")


def clean(field: str, text: str, *, longest: int, shortest: int = 0) -> str:
    """Return ``text`` trimmed and in NFC.

    Raises:
        InvalidInput: naming ``field``, when it is too long, too short or has characters nobody can see.
    """
    if not _BLANK.isdisjoint(text) or any(unicodedata.category(one) in _INVISIBLE for one in text):
        raise InvalidInput({field: "must not have control, invisible or direction-changing characters"})
    normal = unicodedata.normalize("NFC", text).strip()
    if len(normal) < shortest:
        raise InvalidInput({field: "must not be empty"})
    if max(len(text), len(normal)) > longest:
        raise InvalidInput({field: f"must have at most {longest} characters"})
    return normal


def name(field: str, value: str) -> str:
    return clean(field, value, longest=NAME_LENGTH, shortest=1)


def address(value: str) -> str:
    return clean("address", value, longest=ADDRESS_LENGTH)


def remarks(value: str) -> str:
    return clean("remarks", value, longest=REMARKS_LENGTH)
