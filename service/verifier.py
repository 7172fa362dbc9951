"""Verifies tokens as RFC 8725 asks.

A token does not say how it is to be verified; it only names one of our own keys.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import jwt

from service.keys.ring import Key, Keys, Ring
from wallet.errors import Unauthenticated

ALGORITHM: Final = "HS256"

SKEW_S = 10
"""How far the clock of the pod that made a token may be ahead of ours. No token outlives its end by it."""

LONGEST_TOKEN = 2_048
"""Characters; ours have about 500."""

_REMEMBERED = 4_096
"""Tokens; a verified one takes about a kilobyte."""

_HEADER = frozenset({"alg", "typ", "kid"})
_CLAIMS = ("iss", "aud", "sub", "sid", "jti", "iat", "nbf", "exp", "type")
_TEXTS = ("iss", "sub", "sid", "jti", "type")


class Use(StrEnum):
    """What a token is for, as its claim ``type`` says."""

    ACCESS = "access"
    REFRESH = "refresh"

    @property
    def media_type(self) -> str:
        """Return the header ``typ``: RFC 9068's for access tokens, and one of our own."""
        return _MEDIA_TYPES[self]


_MEDIA_TYPES = {Use.ACCESS: "at+jwt", Use.REFRESH: "rt+jwt"}


@dataclass(frozen=True, slots=True)
class Token:
    """What a token says, once it is verified. ``expires`` is in seconds of the epoch."""

    user: UUID
    session: UUID
    secret: str
    expires: float


class _UnknownKey(jwt.InvalidTokenError):
    """The token names a key that is not in the ring."""


class Verifier:
    """Verifies tokens, and remembers those that are good: a client sends the same one many times.

    A signature that was right stays right as long as its key is in the ring; whether the token has expired
    is asked each time. PyJWT is asked directly: flask-jwt-extended, which makes the tokens, would decode each
    one three times.
    """

    def __init__(self, ring: Ring, *, issuer: str, audience: str) -> None:
        self._ring = ring
        self._issuer = issuer
        self._audience = audience
        self._verified = lru_cache(maxsize=_REMEMBERED)(self._verify)

    def token(self, text: str, use: Use) -> Token:
        """Return what a token says that is ours, is for this use, and has not expired.

        Raises:
            Unauthenticated: it is not.
        """
        try:
            token = self._known(text, use)
        # A deeply nested header is a RecursionError.
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
            raise Unauthenticated from error
        if token.expires <= time.time():
            raise Unauthenticated
        return token

    def _known(self, text: str, use: Use) -> Token:
        try:
            return self._verified(self._ring.keys(), text, use)
        except _UnknownKey:
            return self._verified(self._ring.anew(), text, use)

    def _verify(self, keys: Keys, text: str, use: Use) -> Token:
        claims = jwt.decode(
            text,
            _key(keys, text, use).secret,
            algorithms=[ALGORITHM],
            issuer=self._issuer,
            audience=self._audience,
            leeway=SKEW_S,
            options={"require": list(_CLAIMS), "strict_aud": True},
        )
        if claims["type"] != use.value:
            raise jwt.InvalidTokenError("It is for something else")
        return _token(claims)


def _key(keys: Keys, text: str, use: Use) -> Key:
    """Return the key that a token names. Nothing but our own three fields may be in its header."""
    if len(text) > LONGEST_TOKEN:
        raise jwt.InvalidTokenError("It is too long")
    header = jwt.get_unverified_header(text)
    if header.keys() != _HEADER or header["alg"] != ALGORITHM or header["typ"] != use.media_type:
        raise jwt.InvalidTokenError("Its header is not one of ours")
    key = keys.known.get(header["kid"])
    if key is None:
        raise _UnknownKey
    return key


def _token(claims: Mapping[str, Any]) -> Token:
    if not all(isinstance(claims[name], str) for name in _TEXTS):
        raise jwt.InvalidTokenError("A claim is not what it should be")
    return Token(UUID(claims["sub"]), UUID(claims["sid"]), claims["jti"], float(claims["exp"]))
