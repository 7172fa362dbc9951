"""PIN hashes: argon2id over a keyed digest, so that a stolen database alone gives no PIN away."""

import hmac
from functools import cached_property
from hashlib import sha256

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# OWASP's minimum for argon2id: two passes over 19 MiB on one lane.
# https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
_PASSES = 2
_MEMORY_KIB = 19_456
_LANES = 1


class PinHasher:
    """Hashes and verifies PINs with a pepper that is kept outside the database."""

    def __init__(self, pepper: str) -> None:
        self._pepper = pepper.encode()
        self._argon2 = PasswordHasher(time_cost=_PASSES, memory_cost=_MEMORY_KIB, parallelism=_LANES)

    def hash(self, pin: str) -> str:
        return self._argon2.hash(self._keyed(pin))

    def matches(self, pin: str, pin_hash: str | None) -> bool:
        """Whether ``pin`` made ``pin_hash``. Without a hash it takes as long and says no."""
        try:
            matched = self._argon2.verify(pin_hash or self._nobody, self._keyed(pin))
        except (VerificationError, InvalidHashError):
            return False
        return matched and pin_hash is not None

    @cached_property
    def _nobody(self) -> str:
        return self._argon2.hash(b"nobody")

    def _keyed(self, pin: str) -> bytes:
        return hmac.digest(self._pepper, pin.encode(), sha256)
