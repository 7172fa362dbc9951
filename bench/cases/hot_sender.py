"""64 connections of one sender against 64 of many: postings of one wallet collide between workers."""

from functools import partial
from statistics import median

from bench.case import Case
from bench.context import Bench
from bench.figure import Figure, Unit
from bench.in_turn import in_turn
from bench.load import transfers
from bench.needs import WRK
from bench.stack import pod

_CONNECTIONS = 64


def measure(bench: Bench) -> list[Figure]:
    scale = bench.scale
    with bench.books(scale.wallets) as books, pod(books) as api:
        send = partial(transfers, books, [api.port], connections=_CONNECTIONS)
        send(seconds=scale.warm_up_s)
        spread_out, hot = in_turn(
            range(scale.rounds),
            partial(send, seconds=scale.accept_s),
            partial(send, seconds=scale.accept_s, senders=1),
        )
    many_rate, one_rate = (median(load.rate for load in loads) for loads in (spread_out, hot))
    return [
        Figure("accept, many senders", many_rate, Unit.RATE),
        Figure("accept, one sender", one_rate, Unit.RATE),
        Figure("accept, one sender: p99", median(load.p99_ms for load in hot), Unit.MILLISECONDS),
        Figure("accept, one sender / many senders", one_rate / many_rate, Unit.TIMES),
    ]


CASE = Case("hot-sender", "everything comes from one sender", measure, needs=[WRK])
