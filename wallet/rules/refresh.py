"""The secrets of refresh tokens: one family is a chain, of which only the last link's digest is kept.

A link makes the next one, so that a client whose answer was lost is given the same successor again, whichever
process it asks. Whoever reads the database finds a digest, from which no link follows; and a link is of no
use without the signature around it.
"""

import hmac
import secrets
from hashlib import sha256

_NEXT = b"dompet: next refresh token"
_SECRET_BYTES = 32


def first() -> str:
    return secrets.token_urlsafe(_SECRET_BYTES)


def successor(secret: str) -> str:
    return hmac.digest(secret.encode(), _NEXT, sha256).hex()


def digest(secret: str) -> bytes:
    """Return what is kept of ``secret``: it is random, so one pass of SHA-256 is enough."""
    return sha256(secret.encode()).digest()
