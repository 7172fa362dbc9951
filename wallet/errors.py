"""Every way the wallet says no, in one tree.

``code`` is stable and meant for programs, ``message`` for people. The front doors turn them into replies;
nothing below them knows about HTTP.
"""

from collections.abc import Mapping
from typing import ClassVar


class WalletError(Exception):
    """The root: an answer that is not the one that was asked for."""

    code: ClassVar[str] = "internal_error"
    message: ClassVar[str] = "Something went wrong on our side"

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.message)


class InvalidInput(WalletError):
    """The request cannot mean anything: ``fields`` says what is wrong with each field."""

    code = "invalid_input"
    message = "Invalid input"

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__()
        self.fields = dict(fields)


class Refused(WalletError):
    """The request is understood and its answer is no. Nothing was written."""


class PhoneTaken(Refused):
    code = "phone_number_taken"
    message = "Phone Number already registered"


class WrongCredentials(Refused):
    code = "wrong_credentials"
    message = "Phone number and pin doesn't match."


class TooMany(Refused):
    """It was asked for too often; the answer changes in ``retry_after_s`` seconds, not before."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__()
        self.retry_after_s = retry_after_s


class TooManyAttempts(TooMany):
    """Of a PIN, for one phone number, whoever made them and whether or not it is anybody's."""

    code = "too_many_attempts"
    message = "Too many attempts for this phone number; try again later"


class TooManyRequests(TooMany):
    """From one address, or from all of them."""

    code = "too_many_requests"
    message = "Too many requests; try again later"


class Unauthenticated(Refused):
    code = "unauthenticated"
    message = "Unauthenticated"


class RefreshReplayed(Unauthenticated):
    """A refresh token was used a second time: somebody has a copy. Its session has ended."""


class WrongPin(Refused):
    code = "wrong_pin"
    message = "Pin doesn't match."


class InsufficientBalance(Refused):
    code = "insufficient_balance"
    message = "Balance is not enough"


class BalanceCapExceeded(Refused):
    code = "balance_cap_exceeded"
    message = "Balance would exceed the highest balance allowed"


class WalletNotActive(Refused):
    """The owner is told which of the two it is; others are not."""

    code = "wallet_not_active"
    message = "This wallet is frozen or closed"


class WalletFrozen(WalletNotActive):
    code = "wallet_frozen"
    message = "This wallet is frozen"


class WalletClosed(WalletNotActive):
    code = "wallet_closed"
    message = "This wallet is closed"


class ReceiverNotActive(Refused):
    code = "receiver_not_active"
    message = "The receiver's wallet is frozen or closed"


class LimitExceeded(Refused):
    """More than one may move. What is refused uses up nothing; the message says how much is left."""

    code = "limit_exceeded"
    message = "This is more than you may move"


class OperationLimitExceeded(LimitExceeded):
    code = "operation_limit_exceeded"


class DailyAmountExceeded(LimitExceeded):
    code = "daily_amount_exceeded"


class DailyCountExceeded(LimitExceeded):
    code = "daily_count_exceeded"


class MonthlyAmountExceeded(LimitExceeded):
    code = "monthly_amount_exceeded"


class MonthlyCountExceeded(LimitExceeded):
    code = "monthly_count_exceeded"


class Forbidden(Refused):
    """Who asks is known, or need not be, and may not have this."""

    code = "forbidden"
    message = "This is not allowed"


class ExportsOff(Forbidden):
    """There is no bucket to put them in."""

    code = "exports_off"
    message = "Statements cannot be exported here"


class TooManyExports(Refused):
    code = "too_many_exports"
    message = "Too many of your exports are not finished; wait for one of them"


class NotFound(Refused):
    code = "not_found"
    message = "Not found"


class ReceiverNotFound(NotFound):
    code = "receiver_not_found"
    message = "Target user not found"


class UserNotFound(NotFound):
    code = "user_not_found"
    message = "Nobody to pay has this phone number"


class KeyReused(Refused):
    """The idempotency key belongs to another request; ``fields`` are those that differ."""

    code = "idempotency_key_reused"
    message = "This Idempotency-Key was used for a different request"

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__()
        self.fields = dict(fields)


class Unavailable(WalletError):
    """The store cannot answer now. Nothing is known to have been written; trying again is safe."""

    code = "unavailable"
    message = "The service is busy or recovering; try again shortly"


class OutcomeUnknown(Unavailable):
    """The commit was sent and its answer lost: it may or may not have happened."""

    code = "outcome_unknown"
    message = "The outcome is not known yet; repeat the request with the same Idempotency-Key"


class MalformedDocument(WalletError):
    """A stored document does not have the shape that the migrations demand."""

    code = "malformed_document"
    message = "A stored document is malformed"
