"""What a PIN looks like."""

import re

from wallet.errors import InvalidInput

_PIN = re.compile(r"[0-9]{6}")


def check_pin(pin: str, field: str = "pin") -> str:
    """Return ``pin``, which a client sent as ``field``, when it is exactly six ASCII digits."""
    if _PIN.fullmatch(pin) is None:
        raise InvalidInput({field: "must be exactly six digits"})
    return pin
