"""A backlog: many pending transfers put in at once, and the time that watchers need for them."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from itertools import islice
from uuid import UUID

from bench.books import Books
from bench.errors import CaseFailed
from bench.processor import ProcessorTime
from bench.progress import say, tracked
from bench.stack import frozen
from wallet import clock
from wallet.ledger import Outcome, Posted
from wallet.models import Kind, Posting, TransferStatus
from wallet.rules.identity import new_id
from wallet.rules.money import LARGEST_CAP
from wallet.store.client import Document
from wallet.store.posting import PostingEngine
from wallet.store.transactions import Collision, Transactions
from wallet.supervisor.process import Process

_BATCH = 500
_LONGEST_DRAIN_S = 300.0
_HELD_S = 5.0
_PENDING: Document = {"status": TransferStatus.PENDING.value}

Pairs = Iterator[tuple[UUID, UUID]]
"""Senders and receivers, without end."""


def spread(people: Sequence[UUID]) -> Pairs:
    """Yield random pairs."""
    while True:
        sender, receiver = random.sample(people, 2)
        yield sender, receiver


def to_one(people: Sequence[UUID]) -> Pairs:
    """Yield random senders, all with the same receiver."""
    receiver, *senders = people
    while True:
        yield random.choice(senders), receiver  # noqa: S311 - load, no secret


def put_in(books: Books, pairs: Pairs, transfers: int) -> list[UUID]:
    """Accept ``transfers`` as a pod does, and return their ids."""
    engine = PostingEngine(books.database, Transactions(books.database.client), cap=LARGEST_CAP)
    postings = [_posting(*pair) for pair in islice(pairs, transfers)]
    batches = [postings[first : first + _BATCH] for first in range(0, transfers, _BATCH)]
    for batch in tracked(batches, f"transfers, {_BATCH} at a time", len(batches)):
        outcomes = _posted(engine, batch)
        if not all(isinstance(outcome, Posted) for outcome in outcomes):
            raise CaseFailed("a transfer of the backlog was refused")
    return [posting.operation for posting in postings]


def _posted(engine: PostingEngine, batch: Sequence[Posting]) -> Sequence[Outcome]:
    """Post ``batch``: who was frozen amid a transaction may hold its wallets until the server ends that."""
    deadline = time.monotonic() + _HELD_S
    while True:
        try:
            return engine.post(batch, clock.now())
        except Collision:
            if time.monotonic() > deadline:
                raise


def wait_until_empty(books: Books) -> None:
    """Return when no transfer is pending.

    Raises:
        CaseFailed: that took too long.
    """
    transfers = books.database["transfers"]
    _wait_while(lambda: transfers.count_documents(_PENDING, limit=1, hint="pending"), every_s=0.1)


def entries(books: Books) -> int:
    """Return how many entries there are, from the metadata: it costs the server nothing.

    A look into the queue costs it a lot: it walks over all that was settled lately.
    """
    return books.database["entries"].estimated_document_count()


def wait_for_entries(books: Books, count: int) -> None:
    """Return when the ledger has ``count`` entries.

    Raises:
        CaseFailed: that took too long.
    """
    _wait_while(lambda: entries(books) < count, every_s=0.01)


def _wait_while(waiting: Callable[[], object], *, every_s: float) -> None:
    deadline = time.monotonic() + _LONGEST_DRAIN_S
    while waiting():
        if time.monotonic() > deadline:
            raise CaseFailed(f"the queue is not empty after {_LONGEST_DRAIN_S:g} s")
        time.sleep(every_s)


def drain_rate(
    books: Books,
    pairs: Pairs,
    watchers: Sequence[Process],
    transfers: int,
    *,
    spent: ProcessorTime | None = None,
) -> float:
    """Return the transfers/s at which ``watchers``, which do not see it grow, empty a backlog.

    What that takes, from the first transfer to the last, is added to ``spent``.
    """
    with frozen(watchers):
        put_in(books, pairs, transfers)
        _refresh_beats(books)
        settled = entries(books) + transfers
    with spent.watched() if spent else nullcontext():
        started = time.monotonic()
        wait_for_entries(books, settled)
        rate = transfers / (time.monotonic() - started)
    wait_until_empty(books)
    say(f"  drained at {rate:,.0f}/s")
    return rate


def _refresh_beats(books: Books) -> None:
    """Let the frozen watchers find each other alive: it is the bench that kept them from saying so."""
    books.database["watchers"].update_many({}, [{"$set": {"beat": "$$NOW"}}])


def _posting(sender: UUID, receiver: UUID) -> Posting:
    return Posting(new_id(), Kind.TRANSFER_OUT, sender, 1, "bench", receiver)
