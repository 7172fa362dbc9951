"""Tokens as the API signs them, but for what a test changes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from api import random_id
from flask import Flask

from service.context import EXTENSION
from service.keys.ring import Key

MEDIA_TYPES = {"access": "at+jwt", "refresh": "rt+jwt"}


def signing_key(app: Flask) -> Key:
    return app.extensions[EXTENSION].ring.keys().signing


def claims_of(use: str = "access", **overrides: Any) -> dict[str, Any]:
    """Return the claims of a good token, less those that are overridden with None."""
    now = datetime.now(UTC)
    claims = {
        "iss": "dompet",
        "aud": "dompet-api",
        "sid": random_id(),
        "jti": random_id(),
        "type": use,
        "iat": now,
        "nbf": now,
        "exp": now + timedelta(minutes=5),
    } | overrides
    return {name: value for name, value in claims.items() if value is not None}


def token(
    app: Flask,
    secret: Any = None,
    algorithm: str = "HS256",
    *,
    use: str = "access",
    headers: dict[str, Any] | None = None,
    **claims: Any,
) -> str:
    """Return a good token but for what is given; a claim or a header of None is left out."""
    key = signing_key(app)
    header = {"typ": MEDIA_TYPES[use], "kid": key.kid} | (headers or {})
    return jwt.encode(
        claims_of(use, **claims),
        key.secret if secret is None else secret,
        algorithm,
        headers={name: value for name, value in header.items() if value is not None},
    )
