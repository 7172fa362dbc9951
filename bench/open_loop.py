"""An open loop: transfers go out at a fixed rate, however long the answers take."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from itertools import islice
from queue import SimpleQueue
from uuid import UUID

from bench.backlog import spread
from bench.books import Books
from bench.client import Client
from bench.errors import CaseFailed
from bench.progress import tracked
from bench.settled import PATIENCE_S, POLL_S, settled_among
from bench.tokens import access_token

_CONNECTIONS = 16


def latencies(books: Books, port: int, *, transfers: int, rate: float) -> list[float]:
    """Return the seconds from accepted to settled of ``transfers`` sent at ``rate`` a second."""
    with ExitStack() as stack:
        clients = [stack.enter_context(Client(port)) for _ in range(_CONNECTIONS)]
        executor = stack.enter_context(ThreadPoolExecutor(_CONNECTIONS))
        loop = _OpenLoop(books, clients, executor, rate)
        return list(
            tracked(islice(loop.run(transfers), transfers), f"transfers, {rate:g} a second", transfers)
        )


class _OpenLoop:
    """One thread sends on time and looks for what is settled; others wait for the answers."""

    def __init__(
        self, books: Books, clients: Sequence[Client], executor: ThreadPoolExecutor, rate: float
    ) -> None:
        self._books = books
        self._executor = executor
        self._interval_s = 1 / rate
        self._pairs = spread(books.people)
        self._idle: SimpleQueue[Client] = SimpleQueue()
        for client in clients:
            self._idle.put(client)
        self._sent: list[Future[tuple[UUID, float]]] = []
        self._accepted: dict[UUID, float] = {}

    def run(self, transfers: int) -> Iterator[float]:
        """Yield each latency when it is known."""
        began, unsent = time.monotonic(), transfers
        while unsent or self._sent or self._accepted:
            if unsent and time.monotonic() >= began + (transfers - unsent) * self._interval_s:
                self._sent.append(self._executor.submit(self._send, *next(self._pairs)))
                unsent -= 1
            self._collect_answers()
            yield from self._look()
            time.sleep(POLL_S)

    def _send(self, sender: UUID, receiver: UUID) -> tuple[UUID, float]:
        client = self._idle.get()
        try:
            transfer = client.transfer(access_token(sender, self._books.secret), receiver)
            return transfer, time.monotonic()
        finally:
            self._idle.put(client)

    def _collect_answers(self) -> None:
        answered = [future for future in self._sent if future.done()]
        self._sent = [future for future in self._sent if future not in answered]
        self._accepted.update(future.result() for future in answered)

    def _look(self) -> Iterator[float]:
        if not self._accepted:
            return
        settled = settled_among(self._books, self._accepted)
        now = time.monotonic()
        yield from (now - self._accepted.pop(transfer) for transfer in settled)
        if any(now - accepted_at > PATIENCE_S for accepted_at in self._accepted.values()):
            raise CaseFailed(f"a transfer was not settled in {PATIENCE_S:g} s")
