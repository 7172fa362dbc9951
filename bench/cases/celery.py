"""Celery + Redis, which one would pick instead: they settle a backlog with one transaction a task."""

import time

from bench.backlog import drain_rate, entries, put_in, spread, wait_for_entries, wait_until_empty
from bench.books import Books
from bench.case import Case
from bench.context import Bench
from bench.figure import Figure, Unit
from bench.needs import CELERY, REDIS
from bench.progress import say
from bench.stack import frozen, watchers

_WARM_UP = 100
"""Tasks, in which each process makes its connection."""

_RIVAL = "Celery + Redis, one transaction a task"


def measure(bench: Bench) -> list[Figure]:
    from bench.rival.stack import broker  # noqa: PLC0415 - Celery may not be installed

    tasks, processes = bench.scale.celery_tasks, bench.scale.celery_processes
    with bench.books(bench.scale.wallets) as books, broker(books) as url:
        rates = [_drain(books, url, count, tasks) for count in processes]
        with watchers(books) as running:
            ours = drain_rate(books, spread(books.people), running, tasks)
    return [
        *(
            Figure(f"{_RIVAL}, {count} processes", rate, Unit.RATE)
            for count, rate in zip(processes, rates, strict=True)
        ),
        Figure("a watcher, the same backlog", ours, Unit.RATE),
        Figure("a watcher / the best of Celery", ours / max(rates), Unit.TIMES),
    ]


def _drain(books: Books, url: str, processes: int, tasks: int) -> float:
    """Return the transfers/s of a worker that was idle, and frozen while its tasks were queued."""
    from bench.rival.stack import send, worker  # noqa: PLC0415

    with worker(books, url, processes) as process:
        send(put_in(books, spread(books.people), _WARM_UP))
        wait_until_empty(books)
        with frozen([process]):
            send(put_in(books, spread(books.people), tasks))
            settled = entries(books) + tasks
            started = time.monotonic()
        wait_for_entries(books, settled)
        rate = tasks / (time.monotonic() - started)
        wait_until_empty(books)
    say(f"  drained at {rate:,.0f}/s")
    return rate


CASE = Case("celery", "the same settling by Celery and Redis", measure, needs=[REDIS, CELERY])
