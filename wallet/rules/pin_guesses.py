"""PINs that people guess first: no hash and no lock helps whoever has one of them.

A million PINs are not used alike: for somebody who has forty guesses, six digits are no better than four, and
what helps is a list of what may not be chosen (Markert and others, "This PIN Can Be Easily Guessed", IEEE
Symposium on Security and Privacy 2020). This one takes 97,400 of the million for each phone number; 86,300 of
them are dates.
"""

from calendar import monthrange
from itertools import pairwise, product

from wallet.errors import InvalidInput

_LEAP_YEAR = 2000
_LINES = ("147", "258", "369", "123", "456", "789", "159", "357")
_WALKS = frozenset(map("".join, product([*_LINES, *(line[::-1] for line in _LINES)], repeat=2)))
"""Two lines of the keypad, each in either direction: 147258, 159753."""

_OFTEN = frozenset(
    {
        *("100000", "123451", "123457", "123698", "135246", "135790", "142857", "145236", "147896", "159263"),
        *("159874", "236598", "246810", "246813", "258046", "271828", "314159", "555666", "666999", "741236"),
        "980099",
    }
)
"""What leaked often and has none of the patterns below."""


def refuse_guessable(pin: str, phone_number: str, field: str = "pin") -> None:
    """Refuse six digits that somebody would try early for the owner of ``phone_number``.

    Raises:
        InvalidInput: naming ``field``.
    """
    if _of_the_phone(pin, phone_number) or _is_date(pin) or _is_pattern(pin) or pin in _OFTEN:
        raise InvalidInput(
            {field: "is easy to guess: take no date, no pattern and no part of your phone number"}
        )


def _of_the_phone(pin: str, phone_number: str) -> bool:
    """Six digits of the phone in a row, its tail above all, forwards or backwards."""
    return pin in phone_number or pin[::-1] in phone_number


def _is_date(pin: str) -> bool:
    """A birthday in any order of day, month and two digits of a year, or a month of a whole year."""
    one, two, three = pin[:2], pin[2:4], pin[4:]
    days = _is_day(one, two) or _is_day(two, one) or _is_day(three, two)
    months = (_is_month(one) and _is_century(two)) or (_is_century(one) and _is_month(three))
    return days or months


def _is_day(day: str, month: str) -> bool:
    return _is_month(month) and 1 <= int(day) <= monthrange(_LEAP_YEAR, int(month))[1]


def _is_month(month: str) -> bool:
    return 1 <= int(month) <= 12  # noqa: PLR2004 - so many months has the year


def _is_century(century: str) -> bool:
    return century in ("19", "20")


def _is_pattern(pin: str) -> bool:
    """Steps (123456, 864208), two of them (142536, 112233), repeats (121212, 123123), mirrors, the keypad."""
    return (
        _steps_evenly(pin)
        or (_steps_evenly(pin[::2]) and _steps_evenly(pin[1::2]))
        or _repeats(pin)
        or pin in _WALKS
    )


def _steps_evenly(digits: str) -> bool:
    """Whether each digit is as far from the one before as the next is, around the clock of ten."""
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(digits)}
    return len(steps) == 1


def _repeats(pin: str) -> bool:
    half = len(pin) // 2
    return pin[:half] in (pin[half:], pin[half:][::-1]) or pin[:2] == pin[2:4] == pin[4:]
