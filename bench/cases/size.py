"""What a large database costs: drain and accept with few and with many wallets and entries."""

from collections.abc import Callable, Sequence
from functools import partial
from statistics import median

from bench.backlog import drain_rate, spread
from bench.books import Books
from bench.case import Case
from bench.context import Bench
from bench.figure import AtLeast, Figure, Unit
from bench.in_turn import in_turn
from bench.load import transfers
from bench.needs import WRK
from bench.scale import Scale
from bench.stack import pod, watchers

_CONNECTIONS = 64
_WITHIN_10_PERCENT = AtLeast(0.9)


def measure(bench: Bench) -> list[Figure]:
    few, many = bench.scale.wallets, bench.scale.many_wallets
    with bench.books(few) as small, bench.books(many) as large:
        return [
            *_compare("drain", _drain, small, large, bench.scale),
            *_compare("accept", _accept, small, large, bench.scale),
        ]


def _compare(
    verb: str, rate: Callable[[Books, Scale], float], small: Books, large: Books, scale: Scale
) -> Sequence[Figure]:
    rates = in_turn(range(scale.rounds), partial(rate, small, scale), partial(rate, large, scale))
    in_small, in_large = map(median, rates)
    few, many = f"{scale.wallets:,}", f"{scale.many_wallets:,}"
    return (
        Figure(f"{verb}, {few} wallets", in_small, Unit.RATE),
        Figure(f"{verb}, {many} wallets", in_large, Unit.RATE),
        Figure(f"{verb}, {many} / {few} wallets", in_large / in_small, Unit.TIMES, _WITHIN_10_PERCENT),
    )


def _drain(books: Books, scale: Scale) -> float:
    with watchers(books) as processes:
        return drain_rate(books, spread(books.people), processes, scale.backlog)


def _accept(books: Books, scale: Scale) -> float:
    with pod(books) as api:
        transfers(books, [api.port], connections=_CONNECTIONS, seconds=scale.warm_up_s)
        return transfers(books, [api.port], connections=_CONNECTIONS, seconds=scale.accept_s).rate


CASE = Case("size", "few wallets and entries against many", measure, needs=[WRK])
