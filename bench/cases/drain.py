"""How fast one watcher empties a backlog."""

from statistics import median

from bench.backlog import drain_rate, spread
from bench.case import Case
from bench.context import Bench
from bench.figure import AtLeast, Figure, Unit
from bench.stack import watchers


def measure(bench: Bench) -> list[Figure]:
    scale = bench.scale
    with bench.books(scale.wallets) as books, watchers(books) as processes:
        pairs = spread(books.people)
        rates = [drain_rate(books, pairs, processes, scale.backlog) for _ in range(scale.rounds)]
    return [Figure(f"drain of {scale.backlog:,} pending", median(rates), Unit.RATE, AtLeast(10, of_n=True))]


CASE = Case("drain", "a watcher empties a backlog", measure)
