"""What a PIN looks like."""

import re

from wallet.errors import InvalidInput

_PIN = re.compile(r"[0-9]{6}")


def check_pin(pin: str) -> str:
    """Return ``pin`` when it is exactly six ASCII digits."""
    if _PIN.fullmatch(pin) is None:
        raise InvalidInput({"pin": "must be exactly six digits"})
    return pin
