"""What exports cost money: the same load without them, with a watcher that waits for some, and with many."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from itertools import cycle
from statistics import median
from threading import Event, Thread
from uuid import UUID

from bench.backlog import wait_until_empty
from bench.books import Books
from bench.case import Case
from bench.context import Bench
from bench.figure import AtLeast, Figure, Unit
from bench.in_turn import in_turn
from bench.load import transfers
from bench.needs import MOTO, WRK
from bench.stack import Pod, pod, python_spec, running, wait_until, watchers
from wallet import clock
from wallet.embedded.ports import free_port, is_listening
from wallet.export_job import ExportJob, Format
from wallet.local.storage import Storage
from wallet.rules.identity import new_id
from wallet.store.jobs import Jobs

_CONNECTIONS = 64
_WAITING = 4
"""Exports that wait or are made, at any moment."""

_LOOK_S = 0.1

Sample = tuple[float, float]
"""Transfers/s and exports/s."""


def measure(bench: Bench) -> list[Figure]:
    scale = bench.scale
    with bench.books(scale.wallets) as books, pod(books) as api, _storage() as env:
        with watchers(books):
            _settled(books, api, scale.warm_up_s)
        load = partial(_settled, books, api, scale.sustained_s)
        off, idle, busy = in_turn(
            range(scale.rounds),
            partial(_beside, books, {}, load),
            partial(_beside, books, env, load),
            partial(_beside, books, env, partial(_exporting, books, load)),
        )
    alone, listening, exporting = (median(rate for rate, _ in samples) for samples in (off, idle, busy))
    return [
        Figure("accept and settle, exports off", alone, Unit.RATE),
        Figure("accept and settle, none asked for", listening, Unit.RATE),
        Figure("accept and settle, always four asked for", exporting, Unit.RATE),
        Figure("none asked for / off", listening / alone, Unit.TIMES, AtLeast(0.97)),
        Figure("always four / off", exporting / alone, Unit.TIMES, AtLeast(0.9)),
        Figure("exports made meanwhile", median(rate for _, rate in busy), Unit.RATE),
    ]


@contextmanager
def _storage() -> Iterator[Mapping[str, str]]:
    """Run moto until the block ends; yield what a watcher must be told of it."""
    storage = Storage(free_port())
    with running(python_spec(("wallet.local.moto", str(storage.port), storage.bucket))) as process:
        wait_until(lambda: is_listening(storage.port), process)
        yield storage.env


def _beside(books: Books, env: Mapping[str, str], load: Callable[[], Sample]) -> Sample:
    """Measure with a watcher that is told ``env``."""
    with watchers(books, settings=env):
        return load()


def _settled(books: Books, api: Pod, seconds: int) -> Sample:
    """Return the transfers/s from the first request until the last one is settled."""
    started = time.monotonic()
    load = transfers(books, [api.port], connections=_CONNECTIONS, seconds=seconds)
    wait_until_empty(books)
    return load.requests / (time.monotonic() - started), 0.0


def _exporting(books: Books, load: Callable[[], Sample]) -> Sample:
    """Measure while somebody always asks for exports; let none be left."""
    ended, started = Event(), time.monotonic()
    asking = Thread(target=_ask, args=(books, ended))
    asking.start()
    try:
        rate, _ = load()
    finally:
        seconds = time.monotonic() - started
        ended.set()
        asking.join()
    made = books.database["jobs"].count_documents({"state": "DONE"})
    books.database["jobs"].delete_many({})
    return rate, made / seconds


def _ask(books: Books, ended: Event) -> None:
    jobs = Jobs(books.database)
    people, formats = cycle(books.people), cycle(Format)
    while not ended.wait(_LOOK_S):
        for _ in range(_WAITING - jobs.waiting().count):
            jobs.add(_job(next(people), next(formats)), 0)


def _job(user: UUID, kind: Format) -> ExportJob:
    now = clock.now()
    return ExportJob(
        id=new_id(),
        user=user,
        owner="Somebody",
        phone="0811****01",
        month=f"{now:%Y-%m}",
        seq=2**31,
        format=kind,
        created_at=now,
    )


CASE = Case("exporting", "the same load, with exports and without", measure, needs=[WRK, MOTO])
