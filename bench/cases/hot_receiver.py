"""A backlog to one receiver against one spread over all."""

from functools import partial
from statistics import median

from bench.backlog import drain_rate, spread, to_one
from bench.case import Case
from bench.context import Bench
from bench.figure import AtLeast, Figure, Unit
from bench.in_turn import in_turn
from bench.stack import watchers


def measure(bench: Bench) -> list[Figure]:
    scale = bench.scale
    with bench.books(scale.wallets) as books, watchers(books) as processes:
        spread_out, hot = in_turn(
            range(scale.rounds),
            partial(drain_rate, books, spread(books.people), processes, scale.backlog),
            partial(drain_rate, books, to_one(books.people), processes, scale.backlog),
        )
    ratio = median(hot) / median(spread_out)
    return [
        Figure("drain, spread out", median(spread_out), Unit.RATE),
        Figure("drain, one receiver", median(hot), Unit.RATE),
        Figure("drain, one receiver / spread out", ratio, Unit.TIMES, AtLeast(1)),
    ]


CASE = Case("hot-receiver", "everything goes to one receiver", measure)
