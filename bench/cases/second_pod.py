"""What a second pod brings on this machine."""

from contextlib import ExitStack
from functools import partial
from statistics import median

from bench.books import Books
from bench.case import Case
from bench.context import Bench
from bench.figure import Figure, Unit
from bench.in_turn import in_turn
from bench.load import transfers
from bench.needs import WRK
from bench.scale import Scale
from bench.stack import pod

_CONNECTIONS = 64


def measure(bench: Bench) -> list[Figure]:
    with bench.books(bench.scale.wallets) as books:
        accept = partial(_accept, books, bench.scale)
        rates = in_turn(range(bench.scale.rounds), partial(accept, 1), partial(accept, 2))
    one, two = map(median, rates)
    return [
        Figure("accept, 1 pod of 1 worker", one, Unit.RATE),
        Figure("accept, 2 pods of 1 worker", two, Unit.RATE),
        Figure("accept, 2 pods / 1", two / one, Unit.TIMES),
    ]


def _accept(books: Books, scale: Scale, count: int) -> float:
    with ExitStack() as stack:
        ports = [stack.enter_context(pod(books, WORKERS="1")).port for _ in range(count)]
        transfers(books, ports, connections=_CONNECTIONS, seconds=scale.warm_up_s)
        return transfers(books, ports, connections=_CONNECTIONS, seconds=scale.accept_s).rate


CASE = Case("second-pod", "two pods share the load", measure, needs=[WRK])
