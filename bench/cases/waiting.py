"""What five hundred clients that wait cost those who pay, and how soon they are told."""

import time
from collections.abc import Sequence
from functools import partial
from statistics import median
from uuid import UUID

from bench.books import Books
from bench.case import Case
from bench.context import Bench
from bench.crowd import Heard, Sizes, endless, waiting
from bench.errors import CaseFailed
from bench.figure import Figure, Unit
from bench.in_turn import in_turn
from bench.load import transfers
from bench.needs import WRK
from bench.percentiles import percentile
from bench.stack import Pod, pod, watchers

_CONNECTIONS = 64
_CROWD = Sizes(followers=200, readers=200, senders=100)
_CALM_S = 2
"""Until the crowd has come to rest."""

Unsettled = Sequence[tuple[UUID, UUID]]


def measure(bench: Bench) -> list[Figure]:
    lags: list[float] = []
    with (
        bench.books(bench.scale.wallets) as books,
        watchers(books) as running,
        pod(books) as api,
        endless(books, running, _CROWD.readers) as unsettled,
    ):
        accept = partial(_accepted_rate, books, api, bench.scale.accept_s)
        accept()  # warm
        beside = partial(_beside, books, api, unsettled, accept, lags)
        alone, crowded = in_turn(range(bench.scale.rounds), accept, beside)
    return [
        Figure("accept, nobody waits", median(alone), Unit.RATE),
        Figure(f"accept, {_CROWD.all} wait", median(crowded), Unit.RATE),
        Figure(f"accept, {_CROWD.all} wait / nobody", median(crowded) / median(alone), Unit.TIMES),
        Figure("settled -> answered: p50", percentile(lags, 50) * 1_000, Unit.MILLISECONDS),
        Figure("settled -> answered: p99", percentile(lags, 99) * 1_000, Unit.MILLISECONDS),
    ]


def _accepted_rate(books: Books, api: Pod, seconds: int) -> float:
    return transfers(books, [api.port], connections=_CONNECTIONS, seconds=seconds).rate


def _beside(books: Books, api: Pod, unsettled: Unsettled, accept: partial[float], lags: list[float]) -> float:
    with waiting(books, api.port, unsettled, _CROWD) as heard:
        time.sleep(_CALM_S)
        rate = accept()
    lags += _lags(books, heard)
    return rate


def _lags(books: Books, heard: Heard) -> list[float]:
    """Return the seconds from the date of each settlement, which is before its commit, to its answer."""
    if not heard:
        raise CaseFailed("nobody was told that a transfer is settled")
    rows = books.database["transfers"].find({"_id": {"$in": list(heard)}}, {"settled_at": True})
    return [heard[row["_id"]] - row["settled_at"].timestamp() for row in rows]


CASE = Case("waiting", "five hundred clients wait while others pay", measure, needs=[WRK])
