"""Accepting and settling at the same time, and the memory of each process at the end of it."""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from bench.backlog import wait_until_empty
from bench.books import Books
from bench.case import Case
from bench.context import Bench
from bench.figure import AtLeast, AtMost, Figure, Unit
from bench.load import Load, transfers
from bench.memory import children_of, rss_mb
from bench.needs import WRK
from bench.processor import ProcessorTime
from bench.stack import Pod, pod, watchers
from wallet import clock
from wallet.supervisor.process import Process

_CONNECTIONS = 64
_LARGEST_MB = 150


def measure(bench: Bench) -> list[Figure]:
    scale = bench.scale
    with (
        bench.books(scale.wallets) as books,
        watchers(books) as (watcher,),
        pod(books) as api,
    ):
        transfers(books, [api.port], connections=_CONNECTIONS, seconds=scale.warm_up_s)
        wait_until_empty(books)
        spent = _processor_time(api, watcher, bench.mongod_pid)
        both = partial(_load, books, api, scale.sustained_s, spent)
        (((asked, load, rest), beside),) = bench.yardstick.beside(books, [both])
        memory = _memory(api, watcher, bench.mongod_pid)
        rates = _rates(books, load, asked, beside)
        cost = spent.figures("sustained", _accepted(books, asked))
    return [*rates, Figure("sustained: the rest settled in", rest, Unit.SECONDS), *cost, *memory]


def _processor_time(api: Pod, watcher: Process, mongod_pid: int) -> ProcessorTime:
    workers = children_of(api.process.pid)
    return ProcessorTime({"pod": workers, "watcher": [watcher.pid], "mongod": [mongod_pid]})


def _load(books: Books, api: Pod, seconds: int, spent: ProcessorTime) -> tuple[datetime, Load, float]:
    asked = clock.now()
    with spent.watched():
        load = transfers(books, [api.port], connections=_CONNECTIONS, seconds=seconds)
        rest = _time_until_empty(books)
    return asked, load, rest


def _accepted(books: Books, since: datetime) -> int:
    return books.database["transfers"].count_documents({"date": {"$gte": since}})


def _rates(books: Books, load: Load, asked: datetime, beside: float) -> Sequence[Figure]:
    """Count what happened while the load lasted; it was asked for at ``asked`` and began soon after."""
    began = _first_accepted(books, asked)
    ended = began + timedelta(seconds=load.seconds)
    accepted = _count(books, "date", began, ended) / load.seconds
    settled = _count(books, "settled_at", began, ended) / load.seconds
    return (
        Figure(
            "sustained: accepted and settled",
            min(accepted, settled),
            Unit.RATE,
            AtLeast(1.5, of_n=True),
            beside,
        ),
        Figure("sustained: accepted", accepted, Unit.RATE, beside=beside),
        Figure("sustained: settled", settled, Unit.RATE, beside=beside),
        Figure("sustained: accept p99", load.p99_ms, Unit.MILLISECONDS, beside=beside),
    )


def _first_accepted(books: Books, asked: datetime) -> datetime:
    found = books.database["transfers"].find({"date": {"$gte": asked}}).sort("date", 1).limit(1)
    date: datetime = found[0]["date"]
    return date


def _count(books: Books, date: str, began: datetime, ended: datetime) -> int:
    return books.database["transfers"].count_documents({date: {"$gte": began, "$lt": ended}})


def _time_until_empty(books: Books) -> float:
    started = time.monotonic()
    wait_until_empty(books)
    return time.monotonic() - started


def _memory(api: Pod, watcher: Process, mongod_pid: int) -> Sequence[Figure]:
    workers = max(rss_mb(worker) for worker in children_of(api.process.pid))
    small = AtMost(_LARGEST_MB)
    return (
        Figure("memory: pod, largest worker", workers, Unit.MEGABYTES, small),
        Figure("memory: pod, master", rss_mb(api.process.pid), Unit.MEGABYTES, small),
        Figure("memory: watcher", rss_mb(watcher.pid), Unit.MEGABYTES, small),
        Figure("memory: mongod", rss_mb(mongod_pid), Unit.MEGABYTES),
    )


CASE = Case("sustained", "accept and settle together; memory", measure, needs=[WRK])
