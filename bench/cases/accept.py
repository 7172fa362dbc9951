"""How fast one pod accepts transfers over HTTP, without a watcher."""

from collections.abc import Sequence

from bench.case import Case
from bench.context import Bench
from bench.figure import AtLeast, Figure, Unit
from bench.load import Load, transfers
from bench.needs import WRK
from bench.stack import pod

_CONNECTIONS = (1, 16, 64)
_CROWD = 64


def measure(bench: Bench) -> list[Figure]:
    with bench.books(bench.scale.wallets) as books, pod(books) as api:
        transfers(books, [api.port], connections=_CROWD, seconds=bench.scale.warm_up_s)
        loads = [
            transfers(books, [api.port], connections=connections, seconds=bench.scale.accept_s)
            for connections in _CONNECTIONS
        ]
    return [
        figure
        for connections, load in zip(_CONNECTIONS, loads, strict=True)
        for figure in _figures(connections, load)
    ]


def _figures(connections: int, load: Load) -> Sequence[Figure]:
    goal = AtLeast(2, of_n=True) if connections == _CROWD else None
    title = f"accept, {connections} connection{'s' if connections > 1 else ''}"
    return (
        Figure(title, load.rate, Unit.RATE, goal),
        Figure(f"{title}: p50", load.p50_ms, Unit.MILLISECONDS),
        Figure(f"{title}: p99", load.p99_ms, Unit.MILLISECONDS),
    )


CASE = Case("accept", "a pod accepts transfers over HTTP", measure, needs=[WRK])
