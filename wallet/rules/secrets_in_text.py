"""What must not be read in a log, wherever a text has it from."""

import re

from wallet.rules.phone import masked

_PHONE = re.compile(r"(?<![0-9a-fA-F.])08[0-9]{7,11}(?![0-9a-fA-F])")
_TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")
_HASH = re.compile(r"\$argon2id\$[\w$=,+/]+")


def scrubbed(text: str) -> str:
    """Return ``text`` with phone numbers masked, and without signed tokens and hashes of PINs."""
    without = _HASH.sub("[hash]", _TOKEN.sub("[token]", text))
    return _PHONE.sub(lambda found: masked(found[0]), without)
