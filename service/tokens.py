"""Access and refresh tokens: signed, short-lived, and wrong ones all answered alike."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar, cast
from uuid import UUID

from apiflask import APIFlask
from flask import current_app, g, request
from flask_jwt_extended import JWTManager, create_access_token, create_refresh_token

from service.keys.ring import Key, Ring
from service.settings import ServiceSettings
from service.verifier import ALGORITHM, Token, Use, Verifier
from wallet import clock
from wallet.errors import Unauthenticated
from wallet.use_cases.revocations import Revocations
from wallet.use_cases.sessions import Grant

View = TypeVar("View", bound=Callable[..., Any])

SCHEME = "bearer"

_EXTENSION = "dompet-tokens"


@dataclass(frozen=True, slots=True)
class _Tokens:
    """What the functions below need, put on the app."""

    ring: Ring
    verifier: Verifier
    revocations: Revocations
    access_lifetime: timedelta


def register(app: APIFlask, settings: ServiceSettings, ring: Ring, revocations: Revocations) -> None:
    """Sign and verify with ``ring``, and turn away those whose session has ended."""
    app.config.update(
        JWT_ALGORITHM=ALGORITHM,
        JWT_ENCODE_ISSUER=settings.jwt_issuer,
        JWT_ENCODE_AUDIENCE=settings.jwt_audience,
        JWT_ENCODE_NBF=True,
        JWT_COOKIE_CSRF_PROTECT=False,
    )
    app.security_schemes = {
        SCHEME: {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "The `access_token` of `POST /login`; at `POST /refresh` the `refresh_token`",
        }
    }
    JWTManager(app).encode_key_loader(lambda _: cast("Key", g.signing).secret)
    app.extensions[_EXTENSION] = _Tokens(
        ring,
        Verifier(ring, issuer=settings.jwt_issuer, audience=settings.jwt_audience),
        revocations,
        settings.access_lifetime,
    )


def signed_in(view: View) -> View:
    """Let a view run only for a caller with an access token. Put it above ``input``: 401 before 400."""

    @wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Any:
        token = bearer(Use.ACCESS)
        if _tokens().revocations.ended(token.session):
            raise Unauthenticated
        g.user = token.user
        g.token = token
        return view(*args, **kwargs)

    return cast("View", checked)


def signed_in_user() -> UUID:
    """Return the id of the user that the request's token speaks for."""
    return cast("UUID", g.user)


def signed_in_token() -> Token:
    """Return the token of the request, which was good when the request came."""
    return cast("Token", g.token)


def still_good(token: Token, revocations: Revocations) -> bool:
    """Whether ``token`` has not expired meanwhile, nor its session ended.

    Raises:
        Unavailable: nobody knows.
    """
    return token.expires > time.time() and not revocations.ended(token.session)


def bearer(use: Use) -> Token:
    """Return what the request's token says, whose session may have ended.

    Raises:
        Unauthenticated: there is none for this use.
    """
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != SCHEME:
        raise Unauthenticated
    return _tokens().verifier.token(text, use)


def any_bearer() -> Token:
    """Return what the request's token says, whichever of the two it is."""
    try:
        return bearer(Use.ACCESS)
    except Unauthenticated:
        return bearer(Use.REFRESH)


def pair(grant: Grant) -> dict[str, str]:
    """Return the tokens of ``grant``; neither outlives its session."""
    g.signing = _tokens().ring.keys().signing  # once: the header's kid and the key are of the same ring
    left = grant.expires_at - clock.now()
    session = {"sid": str(grant.session)}
    return {
        "access_token": create_access_token(
            str(grant.user),
            expires_delta=min(left, _tokens().access_lifetime),
            additional_claims=session,
            additional_headers=_header(Use.ACCESS),
        ),
        "refresh_token": create_refresh_token(
            str(grant.user),
            expires_delta=left,
            additional_claims={**session, "jti": grant.secret},
            additional_headers=_header(Use.REFRESH),
        ),
    }


def _header(use: Use) -> dict[str, str]:
    return {"typ": use.media_type, "kid": g.signing.kid}


def _tokens() -> _Tokens:
    return cast("_Tokens", current_app.extensions[_EXTENSION])
