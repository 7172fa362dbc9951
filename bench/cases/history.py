"""The newest transactions of a user with a long history against those of one with 10 entries."""

import time
from collections.abc import Sequence
from functools import partial

from bench.backlog import put_in
from bench.case import Case
from bench.client import Client
from bench.context import Bench
from bench.figure import Figure, Unit
from bench.in_turn import in_turn
from bench.percentiles import percentile
from bench.population import lengthen
from bench.progress import tracked
from bench.stack import pod
from bench.tokens import access_token

_PEOPLE = 10
_TRANSFERS = 9
"""The newest entries of both, so that their pages have statuses to join."""

_PAGE = 20
_WARM_UP = 50


def measure(bench: Bench) -> list[Figure]:
    long = bench.scale.long_history
    with bench.books(_PEOPLE) as books, pod(books) as api, Client(api.port) as client:
        frequent, occasional, other, *_ = books.people
        lengthen(bench.writers, books.uri, books.database, frequent, long - 1 - _TRANSFERS)
        for sender in (frequent, occasional):
            put_in(books, iter([(sender, other)] * _TRANSFERS), _TRANSFERS)
        readers = [
            partial(_read, client, access_token(user, books.secret)) for user in (frequent, occasional)
        ]
        in_turn(range(_WARM_UP), *readers)
        samples = bench.scale.page_samples
        many, few = in_turn(tracked(range(samples), "pages", samples), *readers)
    return [*_figures(f"{long:,} entries", many), *_figures(f"{1 + _TRANSFERS} entries", few)]


def _figures(title: str, seconds: Sequence[float]) -> Sequence[Figure]:
    return (
        Figure(f"first page of {title}: p50", percentile(seconds, 50) * 1_000, Unit.MILLISECONDS),
        Figure(f"first page of {title}: p99", percentile(seconds, 99) * 1_000, Unit.MILLISECONDS),
    )


def _read(client: Client, token: str) -> float:
    started = time.monotonic()
    client.newest_transactions(token, _PAGE)
    return time.monotonic() - started


CASE = Case("history", "the first page of a long history", measure)
