"""How fast one pod accepts transfers over HTTP, without a watcher."""

from collections.abc import Sequence
from functools import partial

from bench.case import Case
from bench.context import Bench
from bench.figure import AtLeast, Figure, Unit
from bench.load import Load, transfers
from bench.needs import WRK
from bench.stack import pod

_CONNECTIONS = (1, 16, 64)
_CROWD = 64


def measure(bench: Bench) -> list[Figure]:
    scale = bench.scale
    with bench.books(scale.wallets) as books, pod(books) as api:
        transfers(books, [api.port], connections=_CROWD, seconds=scale.warm_up_s)
        send = partial(transfers, books, [api.port], seconds=scale.accept_s)
        crowds = [partial(send, connections=connections) for connections in _CONNECTIONS]
        loads = list(bench.yardstick.beside(books, crowds))
    return [
        figure
        for connections, (load, beside) in zip(_CONNECTIONS, loads, strict=True)
        for figure in _figures(connections, load, beside)
    ]


def _figures(connections: int, load: Load, beside: float) -> Sequence[Figure]:
    goal = AtLeast(2, of_n=True) if connections == _CROWD else None
    title = f"accept, {connections} connection{'s' if connections > 1 else ''}"
    return (
        Figure(title, load.rate, Unit.RATE, goal, beside),
        Figure(f"{title}: p50", load.p50_ms, Unit.MILLISECONDS, beside=beside),
        Figure(f"{title}: p99", load.p99_ms, Unit.MILLISECONDS, beside=beside),
    )


CASE = Case("accept", "a pod accepts transfers over HTTP", measure, needs=[WRK])
