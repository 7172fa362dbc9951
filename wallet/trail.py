"""The trail: what happened to whom and who was refused, one event each, for those who look into it later.

Names of events never change, ids are fields, and the request's id comes along by itself. Each has ``trail``
set, so that it can be kept longer than the other lines. A phone number is masked; a PIN or a token is never
here, nor is anything that one could be computed from.
"""

from uuid import UUID

import structlog

from wallet.rules.phone import masked

_log = structlog.get_logger("trail", trail=True)


def logged_in(user: UUID) -> None:
    _log.info("logged_in", user_id=str(user))


def login_failed(phone_number: str, user: UUID | None, tries: int) -> None:
    """A PIN was wrong, for the ``tries``-th time in a row; ``user`` is whose, if it is anybody's number."""
    _log.warning("login_failed", phone=masked(phone_number), user_id=_text(user), tries=tries)


def login_locked(phone_number: str, user: UUID | None, tries: int, seconds: int) -> None:
    _log.warning(
        "login_locked", phone=masked(phone_number), user_id=_text(user), tries=tries, seconds=seconds
    )


def login_refused(phone_number: str, retry_after_s: int) -> None:
    """A try came too early and was not looked at."""
    _log.warning("login_refused", phone=masked(phone_number), retry_after_s=retry_after_s)


def login_unlocked(phone_number: str, by: str) -> None:
    _log.warning("login_unlocked", phone=masked(phone_number), by=by)


def request_refused(door: str, scope: str, retry_after_s: int) -> None:
    """A limit was reached: that of one address, or that of all together."""
    _log.warning("request_refused", door=door, scope=scope, retry_after_s=retry_after_s)


def pin_changed(user: UUID) -> None:
    _log.info("pin_changed", user_id=str(user))


def logged_out(user: UUID, session: UUID) -> None:
    _log.info("logged_out", user_id=str(user), session_id=str(session))


def refresh_replayed(user: UUID, session: UUID) -> None:
    """A refresh token came a second time, and its session has ended."""
    _log.warning("refresh_replayed", user_id=str(user), session_id=str(session))


def wallet_frozen(user: UUID, by: str, reason: str) -> None:
    _log.warning("wallet_frozen", user_id=str(user), by=by, reason=reason)


def wallet_unfrozen(user: UUID, by: str, reason: str) -> None:
    _log.warning("wallet_unfrozen", user_id=str(user), by=by, reason=reason)


def wallet_closed(user: UUID, by: str, reason: str) -> None:
    _log.warning("wallet_closed", user_id=str(user), by=by, reason=reason)


def _text(user: UUID | None) -> str | None:
    return str(user) if user else None
