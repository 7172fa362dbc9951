"""What a second watcher brings on this machine."""

from functools import partial
from statistics import median

from bench.backlog import drain_rate, spread
from bench.books import Books
from bench.case import Case
from bench.context import Bench
from bench.figure import Figure, Unit
from bench.in_turn import in_turn
from bench.stack import watchers


def measure(bench: Bench) -> list[Figure]:
    scale = bench.scale
    with bench.books(scale.wallets) as books:
        drain = partial(_drain, books, scale.backlog)
        rates = in_turn(range(scale.rounds), partial(drain, 1), partial(drain, 2))
    one, two = map(median, rates)
    return [
        Figure("drain, 1 watcher", one, Unit.RATE),
        Figure("drain, 2 watchers", two, Unit.RATE),
        Figure("drain, 2 watchers / 1", two / one, Unit.TIMES),
    ]


def _drain(books: Books, transfers: int, count: int) -> float:
    with watchers(books, count) as processes:
        return drain_rate(books, spread(books.people), processes, transfers)


CASE = Case("second-watcher", "two watchers share a backlog", measure)
