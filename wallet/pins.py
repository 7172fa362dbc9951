"""PIN hashes: argon2id over a keyed digest, so that a stolen database alone gives no PIN away."""

import hmac
from collections.abc import Callable
from functools import cached_property, partial
from hashlib import sha256
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# OWASP's minimum for argon2id: two passes over 19 MiB on one lane.
# https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
_PASSES = 2
_MEMORY_KIB = 19_456
_LANES = 1


Apart = Callable[[Callable[[], Any]], Any]
"""Runs a function somewhere else and returns what it returns."""


def here(work: Callable[[], Any]) -> Any:
    return work()


class PinHasher:
    """Hashes and verifies PINs with a pepper that is kept outside the database.

    Args:
        pepper: the key.
        apart: where to hash: it takes twenty milliseconds of a processor.
    """

    def __init__(self, pepper: str, apart: Apart = here) -> None:
        self._pepper = pepper.encode()
        self._apart = apart
        self._argon2 = PasswordHasher(time_cost=_PASSES, memory_cost=_MEMORY_KIB, parallelism=_LANES)

    def hash(self, pin: str) -> str:
        return str(self._apart(partial(self._argon2.hash, self._keyed(pin))))

    def matches(self, pin: str, pin_hash: str | None) -> bool:
        """Whether ``pin`` made ``pin_hash``. Without a hash it takes as long and says no."""
        matched = self._apart(partial(self._verify, pin_hash or self._nobody, self._keyed(pin)))
        return bool(matched) and pin_hash is not None

    def _verify(self, pin_hash: str, keyed: bytes) -> bool:
        # Caught here, not by the caller: elsewhere somebody might print a failure with its arguments.
        try:
            return self._argon2.verify(pin_hash, keyed)
        except (VerificationError, InvalidHashError):
            return False

    @cached_property
    def _nobody(self) -> str:
        return self._argon2.hash(b"nobody")

    def _keyed(self, pin: str) -> bytes:
        return hmac.digest(self._pepper, pin.encode(), sha256)
