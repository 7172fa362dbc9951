"""N: what bare PyMongo does with one multi-document transaction a transfer, in 8 processes, without HTTP."""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from statistics import mean
from typing import Any, TypeVar
from uuid import UUID

from pymongo.client_session import ClientSession

from bench.bare import SNAPSHOT, entry, move
from bench.books import Books
from bench.progress import say
from wallet import clock
from wallet.models import Kind
from wallet.rules.identity import new_id
from wallet.store.client import MAJORITY, connect, open_database
from wallet.store.opening import Store

_PROCESSES = 8
_WARM_UP = 5
_PATIENCE_S = 120.0

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class _Work:
    database: str
    people: Sequence[UUID]
    transfers: int


class Yardstick:
    """Processes that stand ready to measure N on any books; they live as long as the bench."""

    def __init__(self, wishes: Sequence[Any], spans: Any, transfers: int) -> None:
        self._wishes = wishes
        self._spans = spans
        self._transfers = transfers

    def rate(self, books: Books) -> float:
        """Measure N once; transfers/s."""
        work = _Work(books.database.name, books.people, self._transfers)
        for wishes in self._wishes:
            wishes.put(work)
        spans = [self._spans.get(timeout=_PATIENCE_S) for _ in self._wishes]
        started, ended = min(start for start, _ in spans), max(end for _, end in spans)
        rate: float = len(spans) * self._transfers / (ended - started)
        say(f"  N: {rate:,.0f}/s")
        return rate

    def beside(
        self, books: Books, measures: Iterable[Callable[[], Result]]
    ) -> Iterator[tuple[Result, float]]:
        """Yield what each of ``measures`` returns, and N as it was right before and after it.

        The machine may be shared: what slows a measurement down slows its neighbours as well.
        """
        before = self.rate(books)
        for measure in measures:
            measured, after = measure(), self.rate(books)
            yield measured, mean([before, after])
            before = after


@contextmanager
def yardstick(uri: str, transfers: int) -> Iterator[Yardstick]:
    """Start the processes, each of which does ``transfers`` a round, and end them with the block."""
    spawn = get_context("spawn")
    barrier, spans = spawn.Barrier(_PROCESSES), spawn.Queue()
    wishes = [spawn.SimpleQueue() for _ in range(_PROCESSES)]
    processes = [
        spawn.Process(target=_transfer_in_rounds, args=(uri, wish, barrier, spans), daemon=True)
        for wish in wishes
    ]
    try:
        for process in processes:
            process.start()
        yield Yardstick(wishes, spans, transfers)
    finally:
        for process in processes:
            process.terminate()
            process.join()


def _transfer_in_rounds(uri: str, wishes: Any, barrier: Any, spans: Any) -> None:
    with connect(uri, application="bench-yardstick") as client:
        while True:
            work = wishes.get()
            database = open_database(client, work.database)
            _transfer_often(database, work.people, _WARM_UP)
            barrier.wait(_PATIENCE_S)
            started = time.monotonic()
            _transfer_often(database, work.people, work.transfers)
            spans.put((started, time.monotonic()))


def _transfer_often(database: Store, people: Sequence[UUID], times: int) -> None:
    with database.client.start_session() as session:
        for _ in range(times):
            sender, receiver = random.sample(people, 2)
            _transfer(database, session, sender, receiver)


def _transfer(database: Store, session: ClientSession, sender: UUID, receiver: UUID) -> None:
    operation, date = new_id(), clock.now()

    def body(session: ClientSession) -> None:
        poorer = move(database, session, sender, -1)
        richer = move(database, session, receiver, 1)
        # A payment and a top-up: the books balance without a row in the queue, which N does not count.
        entries = (
            entry(operation, Kind.PAYMENT, poorer, -1, counterparty=None, date=date),
            entry(operation, Kind.TOP_UP, richer, 1, counterparty=None, date=date),
        )
        database["entries"].insert_many(entries, session=session)

    session.with_transaction(body, read_concern=SNAPSHOT, write_concern=MAJORITY)
