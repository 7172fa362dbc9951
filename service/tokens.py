"""Access and refresh tokens: signed, short-lived, and wrong ones all answered alike."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from apiflask import APIFlask
from flask import Response
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    create_refresh_token,
    get_jwt_identity,
    jwt_required,
)

from service.errors import error_reply
from service.settings import ServiceSettings
from wallet.errors import Unauthenticated

View = TypeVar("View", bound=Callable[..., Any])

SCHEME = "bearer"


def register(app: APIFlask, settings: ServiceSettings) -> None:
    """Sign with the settings' secret, and answer every unusable token with the one 401."""
    app.config.update(
        JWT_SECRET_KEY=settings.jwt_secret.get_secret_value(),
        JWT_ALGORITHM="HS256",
        JWT_ACCESS_TOKEN_EXPIRES=timedelta(minutes=settings.access_token_minutes),
        JWT_REFRESH_TOKEN_EXPIRES=timedelta(days=settings.refresh_token_days),
        JWT_ENCODE_NBF=False,
    )
    app.security_schemes = {SCHEME: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    manager = JWTManager(app)
    for loader in (manager.unauthorized_loader, manager.invalid_token_loader):
        loader(_refuse)
    for loader in (manager.expired_token_loader, manager.revoked_token_loader):
        loader(_refuse)
    manager.token_verification_failed_loader(_refuse)


def signed_in(view: View) -> View:
    """Let a view run only for a caller with an access token. Put it above ``input``: 401 before 400."""
    return jwt_required()(view)  # type: ignore[no-any-return]


def pair(user: UUID) -> dict[str, str]:
    """Return a new access token and a new refresh token of ``user``."""
    return {
        "access_token": create_access_token(str(user)),
        "refresh_token": create_refresh_token(str(user)),
    }


def signed_in_user() -> UUID:
    """Return the id of the user that the request's token speaks for."""
    try:
        return UUID(get_jwt_identity())
    except (ValueError, TypeError, AttributeError) as error:
        raise Unauthenticated from error


def _refuse(*_: Any) -> Response:
    return error_reply(Unauthenticated())
