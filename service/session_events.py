"""What happens to logins, for whoever has to find out later who was in. No token is ever in a line."""

from uuid import UUID

import structlog

_log = structlog.get_logger("service.sessions")


def refresh_replayed(user: UUID, session: UUID) -> None:
    _log.warning("refresh_replayed", user_id=str(user), session_id=str(session))


def logged_out(user: UUID, session: UUID) -> None:
    _log.info("logged_out", user_id=str(user), session_id=str(session))


def pin_changed(user: UUID) -> None:
    _log.info("pin_changed", user_id=str(user))


def keys_changed(signing: str, known: int) -> None:
    _log.info("keys_changed", kid=signing, known=known)


def keys_not_read(reason: str) -> None:
    _log.error("keys_not_read", reason=reason)
