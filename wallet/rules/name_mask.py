"""As much of a name as a payer needs who knows it already, and no more."""

SHOWN = 2
"""Letters of a word, at most; never all of it."""

HIDDEN = "***"
"""Whatever it stands for: the length of a name would help to guess it."""


def masked(*names: str) -> str:
    """Return names for a friend to recognise and nobody to collect: ``Gu*** Sa***``."""
    return " ".join(_masked(word) for name in names for word in name.split())


def _masked(word: str) -> str:
    return word[: min(SHOWN, len(word) - 1)] + HIDDEN
