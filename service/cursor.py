"""The cursor of a list: where the next page starts, opaque to clients."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

from wallet.errors import InvalidInput

_LARGEST_SEQ = 2**63 - 1
"""What the database can compare with."""


def encode(seq: int) -> str:
    return urlsafe_b64encode(str(seq).encode()).decode().rstrip("=")


def decode(cursor: str) -> int:
    """Return the seq in ``cursor``.

    Raises:
        InvalidInput: this program did not make it.
    """
    try:
        seq = int(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii"))
    except ValueError as error:
        raise InvalidInput({"cursor": "take it from the Link header of the page before"}) from error
    if not 1 <= seq <= _LARGEST_SEQ or encode(seq) != cursor:
        raise InvalidInput({"cursor": "take it from the Link header of the page before"})
    return seq
