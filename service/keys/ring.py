"""The ring of keys: the first one signs, all of them verify.

Keys change while tokens are out. Whoever verifies goes by the token's ``kid``, so a new key can sign while
what the old one signed is still good.
"""

import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock

from service.keys.sources import Source, SourceFault
from service.keys.strength import CURE, is_strong

UNKNOWN_S = 60.0
"""A kid that nobody knows may be of a key that is newer than ours: read again, but no oftener than that."""

_KID_BYTES = 9


@dataclass(frozen=True, slots=True)
class Key:
    """``kid`` is made of the secret and tells nothing about it; it is the same in every process."""

    kid: str
    secret: str

    def __repr__(self) -> str:
        return f"Key({self.kid})"


@dataclass(frozen=True, eq=False)
class Keys:
    """The keys at one moment. Compared by identity: what was verified with others is verified again."""

    signing: Key
    known: Mapping[str, Key]


def key(secret: str) -> Key:
    kid = sha256(b"dompet: kid\0" + secret.encode()).digest()[:_KID_BYTES]
    return Key(urlsafe_b64encode(kid).decode(), secret)


def keys_in(text: str) -> Keys:
    """Return the keys in ``text``, which white space divides; the first one signs.

    Raises:
        SourceFault: there is none, or one that somebody could guess.
    """
    secrets = text.split()
    if not secrets or not all(map(is_strong, secrets)):
        raise SourceFault(f"the key that signs tokens {CURE}")
    ring = [key(secret) for secret in secrets]
    return Keys(ring[0], {one.kid: one for one in ring})


class RingObserver:
    """Hears how the ring fares, and does nothing; observers override what they need."""

    def changed(self, signing: str, known: int) -> None:
        """Another ring: the kid that signs, and how many keys verify."""

    def failed(self, fault: SourceFault) -> None:
        """The keys could not be read; those of before stay."""


class Ring:
    """The keys, read again now and then.

    Args:
        source: reads them. It must succeed the first time.
        lifetime_s: how long they are taken as they are.
        observer: hears what happens.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        source: Source,
        *,
        lifetime_s: float,
        observer: RingObserver | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._lifetime_s = lifetime_s
        self._observer = observer or RingObserver()
        self._clock = clock
        self._reading = Lock()
        self._keys = keys_in(source())
        self._read_at = clock()

    def keys(self) -> Keys:
        """Return the keys; one caller in a lifetime reads them first, the others do not wait for it."""
        if self._clock() - self._read_at >= self._lifetime_s and self._reading.acquire(blocking=False):
            try:
                self._read()
            finally:
                self._reading.release()
        return self._keys

    def anew(self) -> Keys:
        """Return the keys after somebody named one that is not among them."""
        with self._reading:
            if self._clock() - self._read_at >= UNKNOWN_S:
                self._read()
        return self._keys

    def _read(self) -> None:
        # Also when it fails: a source that is down is not asked at each request.
        self._read_at = self._clock()
        try:
            found = keys_in(self._source())
        except SourceFault as fault:
            self._observer.failed(fault)
            return
        if list(found.known) != list(self._keys.known):
            self._keys = found
            self._observer.changed(found.signing.kid, len(found.known))
