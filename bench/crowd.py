"""A crowd that waits: followers of events, readers of transfers without an end, senders."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection, HTTPException
from itertools import cycle, islice
from socket import SHUT_RDWR
from threading import Event
from uuid import UUID

from bench.backlog import put_in, spread
from bench.books import Books
from bench.errors import CaseFailed
from bench.stack import frozen
from bench.tokens import access_token
from wallet import clock
from wallet.embedded.ports import LOOPBACK
from wallet.rules.money import LARGEST_CAP
from wallet.settlement import Vouched
from wallet.store.queue import Queue
from wallet.store.settling import SettlementEngine
from wallet.store.transactions import Transactions
from wallet.supervisor.process import Process

_WAIT_S = 8
_TIMEOUT_S = 20.0
_EVERY_S = 1.0
"""Each sender sends that often, so that all of them together are no load to speak of."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many of each kind."""

    followers: int
    readers: int
    senders: int

    @property
    def all(self) -> int:
        return self.followers + self.readers + self.senders


Heard = dict[UUID, float]
"""When senders were answered that their transfers were settled, in seconds since 1970, by transfer."""


@contextmanager
def endless(books: Books, watchers: Sequence[Process], count: int) -> Iterator[list[tuple[UUID, UUID]]]:
    """Yield senders and their transfers, which nobody settles until the block ends."""
    pairs = list(islice(spread(books.people), count))
    queue = Queue(books.database)
    with frozen(watchers):
        transfers = put_in(books, iter(pairs), count)
        for transfer in transfers:
            queue.park(transfer, "bench")
    yield [(sender, transfer) for (sender, _), transfer in zip(pairs, transfers, strict=True)]
    with frozen(watchers):
        wanted = {"_id": {"$in": transfers}}
        books.database["transfers"].update_many(wanted, {"$set": {"parked": False, "failure": None}})
        engine = SettlementEngine(books.database, Transactions(books.database.client), cap=LARGEST_CAP)
        vouched, _ = engine.vouch(queue.named(transfers).transfers)
        for one in vouched.transfers:  # a batch would collide with those who still pay
            engine.settle(Vouched([one]), clock.now())


@contextmanager
def waiting(books: Books, port: int, unsettled: Sequence[tuple[UUID, UUID]], sizes: Sizes) -> Iterator[Heard]:
    """Let a crowd wait until the block ends, as soon as all of them are connected.

    Raises:
        CaseFailed: one of them was answered otherwise than it should be.
    """
    heard: Heard = {}
    ended = Event()
    people, ends = cycle(books.people), cycle(unsettled)
    connections = [HTTPConnection(LOOPBACK, port, timeout=_TIMEOUT_S) for _ in range(sizes.all)]
    visits = [
        *(partial(_follow, token=_bearer(books, next(people))) for _ in range(sizes.followers)),
        *(partial(_read, path=path, token=token) for path, token in _ways(books, ends, sizes.readers)),
        *(partial(_send, pairs=spread(books.people), books=books, heard=heard) for _ in range(sizes.senders)),
    ]
    with ThreadPoolExecutor(sizes.all) as pool:
        for connection in connections:
            connection.connect()
        done = [pool.submit(_visit, *pair, ended) for pair in zip(connections, visits, strict=True)]
        try:
            yield heard
        finally:
            ended.set()
            for connection in connections:
                _hang_up(connection)
    _check(done)


def _hang_up(connection: HTTPConnection) -> None:
    """End a connection under whoever reads from it: to close it alone would not wake them."""
    with suppress(OSError, AttributeError):
        connection.sock.shutdown(SHUT_RDWR)
    connection.close()


def _visit(connection: HTTPConnection, visit: partial[None], ended: Event) -> None:
    try:
        while not ended.is_set():
            visit(connection, ended)
    except (OSError, HTTPException, ValueError, AttributeError):
        if not ended.is_set():  # else it is our own doing: a connection is closed under whoever reads
            raise


def _follow(connection: HTTPConnection, ended: Event, *, token: Mapping[str, str]) -> None:
    connection.request("GET", "/events", headers=dict(token))
    reply = connection.getresponse()
    _demand(reply.status, 200)
    while not ended.is_set() and reply.readline():
        pass


def _read(connection: HTTPConnection, _ended: Event, *, path: str, token: Mapping[str, str]) -> None:
    connection.request("GET", path, headers=dict(token))
    reply = connection.getresponse()
    reply.read()
    _demand(reply.status, 200)


def _send(
    connection: HTTPConnection,
    ended: Event,
    *,
    pairs: Iterator[tuple[UUID, UUID]],
    books: Books,
    heard: Heard,
) -> None:
    sender, receiver = next(pairs)
    headers = {"Content-Type": "application/json", "Prefer": f"wait={_WAIT_S}", **_bearer(books, sender)}
    connection.request("POST", "/transfer", json.dumps({"target_user": str(receiver), "amount": 1}), headers)
    reply = connection.getresponse()
    answer = json.loads(reply.read())
    if reply.status == 200:  # noqa: PLR2004
        heard[UUID(answer["result"]["transfer_id"])] = time.time()
    else:
        _demand(reply.status, 202)
    ended.wait(_EVERY_S)


def _ways(
    books: Books, ends: Iterator[tuple[UUID, UUID]], count: int
) -> Iterator[tuple[str, Mapping[str, str]]]:
    for _ in range(count):
        sender, transfer = next(ends)
        yield f"/transfers/{transfer}?wait={_WAIT_S}", _bearer(books, sender)


def _bearer(books: Books, user: UUID) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {access_token(user, books.secret)}"}


def _demand(status: int, wanted: int) -> None:
    if status != wanted:
        raise CaseFailed(f"one of the crowd was answered {status}")


def _check(done: Sequence[Future[None]]) -> None:
    for one in done:
        if fault := one.exception():
            raise CaseFailed(f"one of the crowd was not answered: {fault}") from fault
