"""One form for a phone number, so that one person has one key."""

import re

from wallet.errors import InvalidInput

# ASCII digits only: `\d` would let other scripts' digits in, and `$` a trailing newline.
_NUMBER = re.compile(r"(?:\+?62|0)(8[0-9]{7,11})")


def normalise(phone_number: str) -> str:
    """Return an Indonesian mobile number as ``08...``; ``+628...`` and ``628...`` are the same number."""
    match = _NUMBER.fullmatch(phone_number)
    if match is None:
        raise InvalidInput({"phone_number": "must be an Indonesian mobile number, such as 0811255501"})
    return "0" + match[1]


def masked(phone_number: str) -> str:
    """Return a number for people to recognise and nobody to dial: ``0811****01``."""
    return phone_number[:4] + "*" * (len(phone_number) - 6) + phone_number[-2:]
