"""Whatever the driver raises, what comes out of the store is the wallet's, and says whose fault it is."""

import pytest
from bson.errors import InvalidBSON, InvalidDocument
from pymongo import MongoClient
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    ConfigurationError,
    ConnectionFailure,
    CursorNotFound,
    DocumentTooLarge,
    DuplicateKeyError,
    ExecutionTimeout,
    InvalidOperation,
    NetworkTimeout,
    NotPrimaryError,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WaitQueueTimeoutError,
    WriteConcernError,
    WriteError,
    WTimeoutError,
)

from wallet import errors
from wallet.store.faults import AlreadyExists, StoreFault, renamed


def name_of(fault):
    with pytest.raises(errors.WalletError) as caught, renamed():
        raise fault
    assert caught.value.__cause__ is fault
    return type(caught.value)


def bulk(*codes):
    return BulkWriteError({"writeErrors": [{"code": code, "errmsg": ""} for code in codes]})


def labelled(fault, label):
    fault._add_error_label(label)
    return fault


# https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml
OF_THE_MOMENT = {
    "HostUnreachable": 6,
    "HostNotFound": 7,
    "LockTimeout": 24,
    "CursorNotFound": 43,
    "LockBusy": 46,
    "MaxTimeMSExpired": 50,
    "StaleEpoch": 63,
    "WriteConcernFailed": 64,
    "ExceededTimeLimit old": 79,
    "NetworkTimeout": 89,
    "ShutdownInProgress": 91,
    "UnsatisfiableWriteConcern": 100,
    "WriteConflict": 112,
    "FailedToSatisfyReadPreference": 133,
    "ReadConcernMajorityNotAvailableYet": 134,
    "CappedPositionLost": 136,
    "QueryPlanKilled": 175,
    "PrimarySteppedDown": 189,
    "NetworkInterfaceExceededTimeLimit": 202,
    "CursorKilled": 237,
    "SnapshotUnavailable": 246,
    "NoSuchTransaction": 251,
    "ExceededTimeLimit": 262,
    "ChangeStreamHistoryLost": 286,
    "TransactionExceededLifetimeLimitSeconds": 290,
    "ConnectionPoolExpired": 317,
    "TemporarilyUnavailable": 365,
    "SocketException": 9001,
    "NotWritablePrimary": 10_107,
    "InterruptedAtShutdown": 11_600,
    "Interrupted": 11_601,
    "InterruptedDueToReplStateChange": 11_602,
    "NotPrimaryNoSecondaryOk": 13_435,
    "NotPrimaryOrSecondary": 13_436,
}

OF_THE_PROGRAM = {
    "BadValue": 2,
    "Unauthorized": 13,
    "AuthenticationFailed": 18,
    "NamespaceNotFound": 26,
    "IndexNotFound": 27,
    "CommandNotFound": 59,
    "InvalidOptions": 72,
}


@pytest.mark.parametrize("code", OF_THE_MOMENT.values(), ids=OF_THE_MOMENT)
def test_what_the_server_says_about_the_moment_is_worth_a_retry(code):
    assert name_of(OperationFailure("", code)) is errors.Unavailable


@pytest.mark.parametrize("code", OF_THE_PROGRAM.values(), ids=OF_THE_PROGRAM)
def test_what_the_server_says_about_the_program_is_not(code):
    assert name_of(OperationFailure("", code)) is StoreFault


@pytest.mark.parametrize(
    "fault",
    [
        AutoReconnect(),
        ConnectionFailure(),
        NetworkTimeout(),
        NotPrimaryError(),
        ServerSelectionTimeoutError(),
        WaitQueueTimeoutError(),
        ExecutionTimeout("", 50),
        WTimeoutError("", 64, {}),
        WriteConcernError("", 91),
        CursorNotFound("", 43),
        bulk(112),
    ],
    ids=lambda fault: type(fault).__name__,
)
def test_a_server_that_cannot_be_reached_is_unavailable(fault):
    assert name_of(fault) is errors.Unavailable


def test_a_client_that_was_closed_because_the_process_ends_is_unavailable():
    client = MongoClient("mongodb://127.0.0.1:1", connect=False)
    client.close()

    with pytest.raises(errors.Unavailable), renamed():
        client.admin.command("ping")


@pytest.mark.parametrize("label", ["TransientTransactionError", "RetryableWriteError"])
@pytest.mark.parametrize("make", [PyMongoError, lambda: OperationFailure("", 8_000)])
def test_what_the_driver_calls_transient_is_unavailable(make, label):
    assert name_of(labelled(make(), label)) is errors.Unavailable


@pytest.mark.parametrize("make", [AutoReconnect, PyMongoError, lambda: OperationFailure("", 91)])
def test_a_commit_whose_answer_was_lost_is_an_unknown_outcome(make):
    """P8: whoever gets this repeats the request under the same key; nobody may take it for a no."""
    fault = labelled(make(), "UnknownTransactionCommitResult")

    assert name_of(fault) is errors.OutcomeUnknown
    assert issubclass(errors.OutcomeUnknown, errors.Unavailable)


@pytest.mark.parametrize(
    "fault", [DuplicateKeyError("", 11_000), WriteError("", 11_000), bulk(11_000), bulk(121, 11_000)]
)
def test_a_unique_index_that_refuses_says_that_it_exists_already(fault):
    assert name_of(fault) is AlreadyExists


@pytest.mark.parametrize(
    "fault",
    [
        WriteError("Document failed validation", 121),
        bulk(121),
        InvalidBSON("a date beyond year 9999"),
        InvalidDocument("cannot encode a set"),
        DocumentTooLarge("16 MB"),
        OverflowError("MongoDB can only handle up to 8-byte ints"),
    ],
    ids=lambda fault: type(fault).__name__,
)
def test_a_document_that_cannot_be_is_malformed(fault):
    """The fault of one document and of nobody else: its neighbours go on without it."""
    assert name_of(fault) is errors.MalformedDocument


@pytest.mark.parametrize("fault", [InvalidOperation(), ConfigurationError()])
def test_the_rest_is_a_fault_of_the_program(fault):
    assert name_of(fault) is StoreFault


def test_a_fault_of_the_program_says_what_the_server_said():
    with pytest.raises(StoreFault, match="not authorized on dompet"), renamed():
        raise OperationFailure("not authorized on dompet", 13)


def test_a_code_that_the_server_did_not_give_is_no_reason():
    assert name_of(OperationFailure("")) is StoreFault


@pytest.mark.parametrize("fault", [ValueError(), errors.InsufficientBalance()])
def test_what_is_not_the_drivers_passes_untouched(fault):
    with pytest.raises(type(fault)) as caught, renamed():
        raise fault
    assert caught.value is fault


def test_nothing_happens_when_nothing_is_wrong():
    with renamed():
        pass
