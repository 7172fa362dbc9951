"""From the 202 to the moment when a reader of the database sees the transfer settled."""

import time
from collections.abc import Sequence
from uuid import UUID

from bench import open_loop
from bench.backlog import spread
from bench.books import Books
from bench.case import Case
from bench.client import Client
from bench.context import Bench
from bench.errors import CaseFailed
from bench.figure import AtMost, Figure, Unit
from bench.percentiles import percentile
from bench.progress import tracked
from bench.settled import PATIENCE_S, POLL_S, settled_among
from bench.stack import pod, watchers
from bench.tokens import access_token

_WARM_UP = 30
_RATE = 100
"""Transfers/s in the open loop."""


def measure(bench: Bench) -> list[Figure]:
    with bench.books(bench.scale.wallets) as books, watchers(books), pod(books) as api:
        with Client(api.port) as client:
            _alone(books, client, _WARM_UP)
            alone = _alone(books, client, bench.scale.lone_samples)
        transfers = bench.scale.open_loop_s * _RATE
        crowd = open_loop.latencies(books, api.port, transfers=transfers, rate=_RATE)
    return [
        Figure("accepted -> settled, alone: p50", _p50_ms(alone), Unit.MILLISECONDS, AtMost(15)),
        Figure("accepted -> settled, alone: p99", _p99_ms(alone), Unit.MILLISECONDS, AtMost(60)),
        Figure(f"accepted -> settled, {_RATE}/s open loop: p50", _p50_ms(crowd), Unit.MILLISECONDS),
        Figure(f"accepted -> settled, {_RATE}/s open loop: p99", _p99_ms(crowd), Unit.MILLISECONDS),
    ]


def _p50_ms(seconds: Sequence[float]) -> float:
    return percentile(seconds, 50) * 1_000


def _p99_ms(seconds: Sequence[float]) -> float:
    return percentile(seconds, 99) * 1_000


def _alone(books: Books, client: Client, samples: int) -> list[float]:
    """Send one transfer after the other, each when the one before it is settled."""
    pairs = spread(books.people)
    numbers = tracked(range(samples), "transfers, one by one", samples)
    return [_one(books, client, *next(pairs)) for _ in numbers]


def _one(books: Books, client: Client, sender: UUID, receiver: UUID) -> float:
    transfer = client.transfer(access_token(sender, books.secret), receiver)
    accepted_at = time.monotonic()
    while not settled_among(books, [transfer]):
        if time.monotonic() - accepted_at > PATIENCE_S:
            raise CaseFailed(f"a transfer was not settled in {PATIENCE_S:g} s")
        time.sleep(POLL_S)
    return time.monotonic() - accepted_at


CASE = Case("latency", "from accepted to settled, alone and at 100/s", measure)
