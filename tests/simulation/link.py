"""A client's way to the replica set: requests and replies that take time, get lost, and are repeated.

What a driver makes of it is PyMongo's: its own session runs the transactions, its own exceptions come out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from pymongo import _csot
from pymongo.client_session import ClientSession
from pymongo.client_session_shared import SessionOptions, _TxnState
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    ExecutionTimeout,
    NotPrimaryError,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WTimeoutError,
)

from tests.simulation.cluster import Answer, Cluster
from tests.simulation.replica import TRANSIENT, DuplicateKey, Held, Invalid, Replica, Stamp, Transaction

SELECTION_S = 4.0
SOCKET_S = 10.0
HELD_LOOK_S = 0.02
"""So often a write outside of transactions looks again whether a document is free."""

RETRYABLE = "RetryableWriteError"

Result = TypeVar("Result")
Execute = Callable[[Replica], tuple[Result, int]]
"""What the server does at once: the reply, and how long the log must be on a majority before it is sent."""


@dataclass(slots=True)
class Weather:
    """How the network and the servers are: chances of each message, and the usual time on the way."""

    request_lost: float = 0.0
    reply_lost: float = 0.0
    refused: float = 0.0
    slow: float = 0.0
    latency_s: float = 0.001


class Link:
    """The connection of one process."""

    def __init__(self, cluster: Cluster, weather: Weather) -> None:
        self.cluster = cluster
        self.hub = cluster.hub
        self.weather = weather
        self.stuck_to: Replica | None = None
        """A deposed primary that this process still talks to."""

    @property
    def primary(self) -> str | None:
        """The name of the primary, as far as this process knows."""
        stuck_to = self.stuck_to
        known = stuck_to if stuck_to is not None and stuck_to.writable else self.cluster.primary
        return None if known is None else known.name

    def exchange(self, what: str, execute: Execute[Result], *, acknowledged: bool = True) -> Result:
        """Send one command, once.

        Raises:
            PyMongoError: as the driver would; what the server did of it is not known from that.
        """
        hub, weather = self.hub, self.weather
        task = hub.task
        if task is None:
            return self._from_outside(execute)
        hub.check_alive()
        _check_time()
        replica = self._selected()
        hub.tell("->", what)
        task.on_wire = lambda: _arrives_alone(self.cluster, replica, execute)
        self._travel()
        if hub.rng.random() < weather.request_lost:
            task.on_wire = None
            hub.tell("   the request is lost")
            raise AutoReconnect("connection closed")
        if not replica.writable:
            task.on_wire = None
            raise NotPrimaryError("not primary", {"code": 10_107})
        if hub.rng.random() < weather.refused:
            task.on_wire = None
            raise OperationFailure(
                "InterruptedAtShutdown", 11_600, {"code": 11_600, "errorLabels": [RETRYABLE]}
            )
        try:
            reply = self._served(replica, execute, acknowledged=acknowledged)
        finally:
            task.on_wire = None
        self._travel()
        if hub.rng.random() < weather.reply_lost:
            hub.tell("   the reply is lost")
            raise AutoReconnect("connection closed")
        hub.tell("<-", what)
        return reply

    def _served(self, replica: Replica, execute: Execute[Result], *, acknowledged: bool) -> Result:
        until = self.hub.now + SOCKET_S
        task = self.hub.task
        while True:
            length = len(replica.log)
            try:
                reply, index = execute(replica)
                break
            except Held:
                if self.hub.now > until:
                    raise AutoReconnect("timed out") from None
                self.hub.sleep(HELD_LOOK_S)
                if not replica.writable:
                    raise NotPrimaryError("not primary", {"code": 10_107}) from None
        if task is not None:
            task.on_wire = _nothing
        if len(replica.log) > length:
            self.cluster.committed(replica)
            self.hub.tell("   commit", len(replica.log), "on", replica.name)
        if index and acknowledged:
            _durable(self.cluster.wait_durable(replica, index))
        return reply

    def _from_outside(self, execute: Execute[Result]) -> Result:
        """Whoever is no task of the simulation is answered at once, and by everybody."""
        replica = self.cluster.newest
        reply, _ = execute(replica)
        replica.majority = len(replica.log)
        return reply

    def _selected(self) -> Replica:
        if self.stuck_to is not None:
            if self.stuck_to.writable:
                return self.stuck_to
            self.stuck_to = None
        until = self.hub.now + SELECTION_S
        while self.cluster.primary is None:
            if not self.hub.wait(self.cluster.elected, until - self.hub.now):
                raise ServerSelectionTimeoutError("no primary")
        return self.cluster.primary

    def _travel(self) -> None:
        hub, weather = self.hub, self.weather
        seconds = weather.latency_s * hub.rng.random()
        hub.sleep(seconds * 100 if weather.slow and hub.rng.random() < weather.slow else seconds)

    def repeated(self, what: str, execute: Execute[Result], *, acknowledged: bool = True) -> Result:
        """Send a command that may be sent again: a read, a retryable write, the end of a transaction.

        The driver does so once, or until its time is over where a timeout is set.
        """
        tried = 0
        while True:
            try:
                return self.exchange(what, execute, acknowledged=acknowledged)
            except (AutoReconnect, OperationFailure) as fault:
                tried += 1
                out_of_tries = tried > 1 and _csot.get_timeout() is None
                if out_of_tries or not _may_repeat(fault) or self.hub.task is None:
                    raise
                self.hub.sleep(0.001)


class Session(ClientSession):
    """The driver's session, with its loop of retries, over a link."""

    def __init__(self, client: Any, link: Link, number: int) -> None:
        super().__init__(client, _ServerSession(number), SessionOptions(), implicit=False)
        self._link = link

    @property
    def stamp(self) -> Stamp:
        return (self._server_session.number, self._server_session.transaction_id)

    def statement(self, what: str, run: Callable[[Replica, Transaction], Result]) -> Result:
        """Run one statement of the transaction that is open."""
        transaction, stamp = self._transaction, self.stamp
        first = transaction.state is _TxnState.STARTING
        transaction.state = _TxnState.IN_PROGRESS
        try:
            return self._link.exchange(what, lambda replica: (self._in(replica, stamp, run, first=first), 0))
        except AutoReconnect as fault:
            fault._add_error_label(TRANSIENT)
            raise
        except OperationFailure as fault:
            if fault.code == 11_600:
                fault._remove_error_label(RETRYABLE)
                fault._add_error_label(TRANSIENT)
            raise

    def _in(
        self, replica: Replica, stamp: Stamp, run: Callable[[Replica, Transaction], Result], *, first: bool
    ) -> Result:
        transaction = replica.transaction(stamp, self._link.hub.now, first=first)
        try:
            return run(replica, transaction)
        except DuplicateKey:
            replica.abort(transaction)
            raise write_error(11_000) from None
        except Invalid:
            replica.abort(transaction)
            raise write_error(121) from None
        except PyMongoError:
            replica.abort(transaction)
            raise

    def _finish_transaction_with_retry(self, command_name: str) -> dict[str, Any]:
        stamp, now = self.stamp, self._link.hub
        if command_name == "abortTransaction":

            def abort(replica: Replica) -> tuple[None, int]:
                return replica.abort_stamp(stamp), 0

            self._link.exchange("abort", abort)
            return {}
        concern = self._transaction.opts.write_concern
        self._link.repeated(
            "commit",
            lambda replica: (None, replica.commit(stamp, now.now)),
            acknowledged=concern.document.get("w") == "majority",
        )
        return {}


@dataclass(slots=True)
class _ServerSession:
    number: int
    transaction_id: int = 0

    def inc_transaction_id(self) -> None:
        self.transaction_id += 1


def write_error(code: int) -> BulkWriteError:
    return BulkWriteError({"writeErrors": [{"code": code, "errmsg": "refused"}]})


def _may_repeat(fault: PyMongoError) -> bool:
    return isinstance(fault, AutoReconnect) or fault.has_error_label(RETRYABLE)


def _check_time() -> None:
    left = _csot.remaining()
    if left is not None and left <= 0:
        raise ExecutionTimeout("operation would exceed time limit", 50, {"code": 50})


def _durable(answer: Answer) -> None:
    if answer is Answer.DEPOSED:
        details = {"code": 11_602, "errorLabels": [RETRYABLE]}
        raise OperationFailure("InterruptedDueToReplStateChange", 11_602, details)
    if answer is Answer.LATE:
        raise WTimeoutError("waiting for replication timed out", 64, {"code": 64})


def _nothing() -> None:
    """It has arrived already."""


def _arrives_alone(cluster: Cluster, replica: Replica, execute: Execute[Any]) -> None:
    """Serve a request whose sender has died since."""
    if not replica.writable:
        return
    length = len(replica.log)
    try:
        execute(replica)
    except (PyMongoError, Held):
        return
    if len(replica.log) > length:
        cluster.hub.tell("a commit of the dead")
        cluster.committed(replica)
