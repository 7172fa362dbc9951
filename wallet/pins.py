"""PIN hashes: argon2id over a keyed digest, so that a stolen database alone gives no PIN away."""

import hmac
import secrets
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from hashlib import sha256
from typing import Any, Self

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# OWASP's minimum for argon2id: two passes over 19 MiB on one lane.
# https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
_PASSES = 2
_MEMORY_KIB = 19_456
_LANES = 1
_SALT_BYTES = 16
_HASH_BYTES = 32

Apart = Callable[[Callable[[], Any]], Any]
"""Runs a function somewhere else and returns what it returns."""


def here(work: Callable[[], Any]) -> Any:
    return work()


@dataclass(frozen=True, slots=True, repr=False)
class Peppers:
    """The keys that are kept outside the database: one for new hashes, and those of older ones."""

    current: str
    previous: tuple[str, ...] = ()

    @classmethod
    def of(cls, text: str) -> Self:
        """Read a ring that white space divides, the current one first."""
        current, *previous = text.split()
        return cls(current, tuple(previous))


class Verdict(Enum):
    """What a PIN is to a hash."""

    WRONG = auto()
    RIGHT = auto()
    OUTDATED = auto()
    """Right, and the hash is of another cost or another pepper than today's: make it again."""


class PinHasher:
    """Hashes and verifies PINs.

    Args:
        peppers: a wrong PIN is tried under each of them, so drop the previous ones when no hash is theirs.
        apart: where to hash: it takes twenty milliseconds of a processor.
    """

    def __init__(self, peppers: Peppers, apart: Apart = here) -> None:
        self._peppers = peppers
        self._apart = apart
        self._argon2 = PasswordHasher(
            time_cost=_PASSES,
            memory_cost=_MEMORY_KIB,
            parallelism=_LANES,
            hash_len=_HASH_BYTES,
            salt_len=_SALT_BYTES,
        )
        self._nobody = _hash_of_nothing()

    def hash(self, pin: str) -> str:
        return str(self._apart(partial(self._argon2.hash, _keyed(self._peppers.current, pin))))

    def check(self, pin: str, pin_hash: str | None) -> Verdict:
        """Return what ``pin`` is to ``pin_hash``. Without a hash it takes as long and is wrong."""
        known = pin_hash or self._nobody
        for pepper in (self._peppers.current, *self._peppers.previous):
            if self._apart(partial(self._verify, known, _keyed(pepper, pin))):
                return self._graded(known, pepper)
        return Verdict.WRONG

    def _graded(self, pin_hash: str, pepper: str) -> Verdict:
        fresh = pepper == self._peppers.current and not self._argon2.check_needs_rehash(pin_hash)
        return Verdict.RIGHT if fresh else Verdict.OUTDATED

    def _verify(self, pin_hash: str, keyed: bytes) -> bool:
        # Caught here, not by the caller: elsewhere somebody might print a failure with its arguments.
        try:
            return self._argon2.verify(pin_hash, keyed)
        except (VerificationError, InvalidHashError):
            return False


def _hash_of_nothing() -> str:
    """Return a hash of today's cost that no PIN makes; it need not be computed to be compared with."""
    salt, digest = secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_HASH_BYTES)
    return f"$argon2id$v=19$m={_MEMORY_KIB},t={_PASSES},p={_LANES}${_unpadded(salt)}${_unpadded(digest)}"


def _unpadded(data: bytes) -> str:
    return b64encode(data).decode().rstrip("=")


def _keyed(pepper: str, pin: str) -> bytes:
    return hmac.digest(pepper.encode(), pin.encode(), sha256)
