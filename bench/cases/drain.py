"""How fast one watcher empties a backlog."""

from collections.abc import Callable

from bench.backlog import drain_rate, spread
from bench.case import Case
from bench.context import Bench
from bench.figure import AtLeast, Figure, Unit
from bench.stack import watchers
from bench.yardstick import Yardstick, yardstick


def measure(bench: Bench) -> list[Figure]:
    scale = bench.scale
    with (
        bench.books(scale.wallets) as books,
        yardstick(books, scale.yardstick_transfers) as n,
        watchers(books) as processes,
    ):
        pairs = spread(books.people)
        figures = [
            _figure(bench, n, lambda: drain_rate(books, pairs, processes, scale.backlog))
            for _ in range(scale.rounds)
        ]
    return [sorted(figures, key=lambda figure: figure.ratio_to(None) or 0)[len(figures) // 2]]


def _figure(bench: Bench, n: Yardstick, drain: Callable[[], float]) -> Figure:
    rate, beside = n.beside(drain)
    title = f"drain of {bench.scale.backlog:,} pending"
    return Figure(title, rate, Unit.RATE, AtLeast(10, of_n=True), beside)


CASE = Case("drain", "a watcher empties a backlog", measure)
