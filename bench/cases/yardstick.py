"""N: what bare PyMongo does with one multi-document transaction a transfer, in 8 processes, without HTTP."""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from statistics import median
from typing import Any
from uuid import UUID

from pymongo.client_session import ClientSession

from bench.bare import SNAPSHOT, entry, move
from bench.books import Books
from bench.case import Case
from bench.context import Bench
from bench.figure import Figure, Unit
from bench.progress import say
from wallet import clock
from wallet.models import Kind
from wallet.rules.identity import new_id
from wallet.store.client import MAJORITY
from wallet.store.opening import Store, opened

_PROCESSES = 8
_ROUNDS = 3
_WARM_UP = 5
_PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True)
class _Work:
    uri: str
    database: str
    people: Sequence[UUID]
    transfers: int


def measure(bench: Bench) -> list[Figure]:
    return [Figure("N: one transaction a transfer, bare PyMongo", _median_rate(bench), Unit.RATE)]


def measure_again(bench: Bench) -> list[Figure]:
    """Measure N at the end: if it differs from the first one, something else used the machine."""
    return [Figure("N again", _median_rate(bench), Unit.RATE)]


def _median_rate(bench: Bench) -> float:
    with bench.books(bench.scale.wallets) as books:
        rates = _rates(books, bench.scale.yardstick_transfers)
        say("  " + ", ".join(f"{rate:,.0f}/s" for rate in rates))
    return median(rates)


def _rates(books: Books, transfers: int) -> list[float]:
    spawn = get_context("spawn")
    barrier, spans = spawn.Barrier(_PROCESSES), spawn.Queue()
    work = _Work(books.uri, books.database.name, books.people, transfers)
    processes = [
        spawn.Process(target=_transfer_in_rounds, args=(work, barrier, spans), daemon=True)
        for _ in range(_PROCESSES)
    ]
    try:
        for process in processes:
            process.start()
        return [_rate([spans.get(timeout=_PATIENCE_S) for _ in processes], transfers) for _ in range(_ROUNDS)]
    finally:
        for process in processes:
            process.terminate()
            process.join()


def _rate(spans: Sequence[tuple[float, float]], transfers: int) -> float:
    started, ended = min(start for start, _ in spans), max(end for _, end in spans)
    return len(spans) * transfers / (ended - started)


def _transfer_in_rounds(work: _Work, barrier: Any, spans: Any) -> None:
    with opened(work.uri, work.database, application="bench-yardstick") as database:
        _transfer_often(database, work.people, _WARM_UP)
        for _ in range(_ROUNDS):
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


CASE = Case("yardstick", "one multi-document transaction a transfer, 8 processes", measure)
DRIFT = Case("drift", "the yardstick once more: how steady the machine was", measure_again)
