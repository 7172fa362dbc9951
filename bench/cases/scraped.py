"""What being watched costs: the same load with Prometheus's scrapes and an open console, and without."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from statistics import median
from threading import Event, Thread
from urllib.request import urlopen

from bench.backlog import wait_until_empty
from bench.books import Books
from bench.case import Case
from bench.context import Bench
from bench.errors import CaseFailed
from bench.figure import AtLeast, Figure, Unit
from bench.in_turn import in_turn
from bench.load import transfers
from bench.needs import WRK
from bench.stack import Pod, pod, watchers
from wallet.embedded.ports import LOOPBACK, free_port

_EVERY_S = 5.0
_CONNECTIONS = 64
_TIMEOUT_S = 10.0


def measure(bench: Bench) -> list[Figure]:
    own_port = free_port()
    with (
        bench.books(bench.scale.wallets) as books,
        watchers(books, own_port=own_port) as _,
        pod(books) as api,
    ):
        _settled_rate(books, api, bench.scale.warm_up_s)
        load = partial(_settled_rate, books, api, bench.scale.sustained_s)
        pages = [f"{api.metrics_port}/metrics", f"{own_port}/metrics", f"{own_port}/"]
        unseen, seen = in_turn(range(bench.scale.rounds), load, partial(_watched, pages, load))
    alone, watched = median(unseen), median(seen)
    return [
        Figure("accept and settle, unseen", alone, Unit.RATE),
        Figure("accept and settle, scraped every 5 s", watched, Unit.RATE),
        Figure("scraped / unseen", watched / alone, Unit.TIMES, AtLeast(0.97)),
    ]


def _settled_rate(books: Books, api: Pod, seconds: int) -> float:
    """Return the transfers/s from the first request until the last one is settled."""
    started = time.monotonic()
    load = transfers(books, [api.port], connections=_CONNECTIONS, seconds=seconds)
    wait_until_empty(books)
    return load.requests / (time.monotonic() - started)


def _watched(pages: Sequence[str], load: partial[float]) -> float:
    with _read_often([f"http://{LOOPBACK}:{page}" for page in pages]):
        return load()


@contextmanager
def _read_often(urls: Sequence[str]) -> Iterator[None]:
    """Read each of ``urls`` every few seconds until the block ends.

    Raises:
        CaseFailed: a page did not come.
    """
    ended, faults = Event(), list[OSError]()
    reader = Thread(target=_read_until, args=(urls, ended, faults))
    reader.start()
    try:
        yield
    finally:
        ended.set()
        reader.join()
    if faults:
        raise CaseFailed(f"a page did not come: {faults[0]}")


def _read_until(urls: Sequence[str], ended: Event, faults: list[OSError]) -> None:
    while not ended.is_set():
        for url in urls:
            try:
                with urlopen(url, timeout=_TIMEOUT_S) as reply:  # noqa: S310 - our own, on loopback
                    reply.read()
            except OSError as fault:
                faults.append(fault)
        ended.wait(_EVERY_S)


CASE = Case("scraped", "the same load, watched and unseen", measure, needs=[WRK])
