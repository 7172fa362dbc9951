"""Access and refresh tokens: signed, short-lived, and wrong ones all answered alike."""

import time
from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache, partial, wraps
from typing import Any, TypeVar, cast
from uuid import UUID

import jwt
from apiflask import APIFlask
from flask import current_app, g, request
from flask_jwt_extended import JWTManager, create_access_token, create_refresh_token

from service.settings import ServiceSettings
from wallet.errors import Unauthenticated

View = TypeVar("View", bound=Callable[..., Any])

SCHEME = "bearer"

_EXTENSION = "dompet-tokens"
_ALGORITHM = "HS256"
_CLAIMS = ["sub", "exp", "iat", "type"]
_REMEMBERED = 4_096
"""Tokens; a verified one takes about a kilobyte."""


def register(app: APIFlask, settings: ServiceSettings) -> None:
    """Sign with the settings' secret."""
    app.config.update(
        JWT_SECRET_KEY=settings.jwt_secret.get_secret_value(),
        JWT_ALGORITHM=_ALGORITHM,
        JWT_ACCESS_TOKEN_EXPIRES=timedelta(minutes=settings.access_token_minutes),
        JWT_REFRESH_TOKEN_EXPIRES=timedelta(days=settings.refresh_token_days),
        JWT_ENCODE_NBF=False,
        JWT_COOKIE_CSRF_PROTECT=False,
    )
    app.security_schemes = {SCHEME: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    JWTManager(app)
    app.extensions[_EXTENSION] = Verifier(settings.jwt_secret.get_secret_value())


class Verifier:
    """Verifies tokens, and remembers those that are: a client sends the same one many times.

    A signature that was right stays right; whether the token has expired is asked each time. PyJWT is asked
    directly: flask-jwt-extended, which makes the tokens, would decode each one three times.
    """

    def __init__(self, secret: str) -> None:
        decode = partial(jwt.decode, key=secret, algorithms=[_ALGORITHM], options={"require": _CLAIMS})
        self._verified = lru_cache(maxsize=_REMEMBERED)(decode)

    def claims(self, token: str) -> dict[str, Any]:
        """Return the claims of a token that is ours and has not expired.

        Raises:
            Unauthenticated: it is neither.
        """
        try:
            claims = self._verified(token)
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise Unauthenticated from error
        if claims["exp"] <= time.time():
            raise Unauthenticated
        return claims


def signed_in(view: View) -> View:
    """Let a view run only for a caller with an access token. Put it above ``input``: 401 before 400."""

    @wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Any:
        g.user = _user_of(_bearer())
        return view(*args, **kwargs)

    return cast("View", checked)


def signed_in_user() -> UUID:
    """Return the id of the user that the request's token speaks for."""
    return cast("UUID", g.user)


def pair(user: UUID) -> dict[str, str]:
    """Return a new access token and a new refresh token of ``user``."""
    return {
        "access_token": create_access_token(str(user)),
        "refresh_token": create_refresh_token(str(user)),
    }


def _bearer() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != SCHEME:
        raise Unauthenticated
    return token


def _user_of(token: str) -> UUID:
    verifier = cast("Verifier", current_app.extensions[_EXTENSION])
    claims = verifier.claims(token)
    if claims["type"] != "access":
        raise Unauthenticated
    try:
        return UUID(claims["sub"])
    except ValueError as error:
        raise Unauthenticated from error
