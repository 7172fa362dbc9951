"""Values that nobody may find where they do not belong. The whole suite uses them, and is searched for them.

Its PIN, its phone numbers and every token that it is given are looked for in the logs of all processes, in
what the tests print, in scrapes, in the API's refusals and in all that is stored but users' phone numbers.
"""

import re
from itertools import count
from random import randrange

PIN = "739154"
_BRANCH = "59137"
_numbers = count(randrange(10**6))

_LOOKED_FOR = (
    # Not as a part of ids, or of the fraction of a second.
    re.compile(rf"(?<![0-9a-fA-F.]){PIN}(?![0-9a-fA-F])"),
    re.compile(rf"(?<![0-9])(?:0|62)?8{_BRANCH}[0-9]{{6}}(?![0-9])"),
    re.compile(r"eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{16,}"),
)
_WORDS = re.compile(r"[\w.~+/=-]{20,}")
_AROUND = 60
"""Characters shown on either side of what was found."""

_secrets: set[str] = set()
found: list[str] = []
"""Where something was found, and what was around it."""


def phone_number() -> str:
    """Return one that nobody had in this run."""
    return f"08{_BRANCH}{next(_numbers) % 10**6:06}"


def keep_secret(token: str) -> None:
    """Look for ``token`` from now on, whatever it looks like."""
    _secrets.add(token)


def leaks(text: str) -> list[str]:
    spans = [match.span() for pattern in _LOOKED_FOR for match in pattern.finditer(text)]
    spans += [match.span() for match in _WORDS.finditer(text) if match[0] in _secrets]
    return [text[max(0, first - _AROUND) : last + _AROUND] for first, last in spans]


def search(where: str, text: str) -> None:
    """Note what ``text`` should not have in it; the run fails in the end."""
    found.extend(f"{where}: {leak}" for leak in leaks(text))
