"""How fast one watcher empties a backlog."""

from functools import partial

from bench.backlog import drain_rate, spread
from bench.case import Case
from bench.context import Bench
from bench.figure import AtLeast, Figure, Unit
from bench.processor import ProcessorTime
from bench.stack import watchers


def measure(bench: Bench) -> list[Figure]:
    scale = bench.scale
    with bench.books(scale.wallets) as books, watchers(books) as processes:
        pairs = spread(books.people)
        spent = ProcessorTime({"watcher": [processes[0].pid], "mongod": [bench.mongod_pid]})
        drain = partial(drain_rate, books, pairs, processes, scale.backlog, spent=spent)
        title = f"drain of {scale.backlog:,} pending"
        figures = [
            Figure(title, rate, Unit.RATE, AtLeast(10, of_n=True), beside)
            for rate, beside in bench.yardstick.beside(books, [drain] * scale.rounds)
        ]
    median = sorted(figures, key=lambda figure: figure.ratio_to(None) or 0)[len(figures) // 2]
    return [median, *spent.figures("drain", scale.backlog * scale.rounds)]


CASE = Case("drain", "a watcher empties a backlog", measure)
