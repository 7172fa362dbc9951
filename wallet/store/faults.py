"""Driver errors get the wallet's names here, so that nothing above the store knows the driver."""

from collections.abc import Iterator
from contextlib import contextmanager

from bson.errors import BSONError
from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    InvalidOperation,
    OperationFailure,
    PyMongoError,
)

from wallet import errors

_DUPLICATE_KEY = 11_000
_VALIDATION = 121
_TRANSIENT_LABELS = ("TransientTransactionError", "RetryableWriteError", "UnknownTransactionCommitResult")
# What the server says about the moment, not about the request: elections, shutdowns, conflicts, timeouts.
# https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml
_TRANSIENT_CODES = frozenset(
    {6, 7, 24, 43, 46, 50, 63, 64, 79, 89, 91, 100, 112, 133, 134, 136, 175, 189, 202, 237, 246, 251, 262}
    | {286, 290, 317, 358, 365, 9001, 10_107, 11_600, 11_601, 11_602, 13_388, 13_435, 13_436, 14_031}
)


class AlreadyExists(errors.WalletError):
    """A unique index refused a document."""

    code = "already_exists"
    message = "This already exists"


class StoreFault(errors.WalletError):
    """The server refused what the program asked for: a bug, missing rights, or missing migrations."""

    message = "The store refused the request; `dompet doctor` tells what is missing"


@contextmanager
def renamed() -> Iterator[None]:
    """Raise the wallet's errors for the driver's."""
    try:
        yield
    except (PyMongoError, BSONError, OverflowError) as fault:
        raise _name(fault) from fault


def _name(fault: Exception) -> errors.WalletError:
    codes = _codes(fault)
    if _DUPLICATE_KEY in codes:
        return AlreadyExists()
    if _VALIDATION in codes or not isinstance(fault, PyMongoError):
        return errors.MalformedDocument(str(fault))
    if fault.has_error_label("UnknownTransactionCommitResult"):
        return errors.OutcomeUnknown()
    if _transient(fault, codes):
        return errors.Unavailable()
    return StoreFault(f"{StoreFault.message}: {fault}")


def _codes(fault: Exception) -> set[int]:
    if isinstance(fault, BulkWriteError):
        return {error["code"] for error in fault.details["writeErrors"]}
    if isinstance(fault, OperationFailure) and fault.code is not None:
        return {fault.code}
    return set()


def _transient(fault: PyMongoError, codes: set[int]) -> bool:
    return (
        fault.timeout
        or isinstance(fault, ConnectionFailure)
        or _closed(fault)
        or any(fault.has_error_label(label) for label in _TRANSIENT_LABELS)
        or bool(codes & _TRANSIENT_CODES)
    )


def _closed(fault: PyMongoError) -> bool:
    """Whether the process ends, and has closed the client while somebody still waited for it."""
    return isinstance(fault, InvalidOperation) and "after close" in str(fault)
