"""A backlog: many pending transfers put in at once, and the time that watchers need for them."""

import random
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from uuid import UUID

from bench.books import Books
from bench.errors import CaseFailed
from bench.progress import say, tracked
from bench.stack import frozen
from wallet import clock
from wallet.ledger import Posted
from wallet.models import Kind, Posting, TransferStatus
from wallet.rules.identity import new_id
from wallet.rules.money import LARGEST_CAP
from wallet.store.client import Document
from wallet.store.posting import PostingEngine
from wallet.store.transactions import Transactions
from wallet.supervisor.process import Process

_BATCH = 500
_POLL_S = 0.02
_LONGEST_DRAIN_S = 300.0
# The lower bound of the partition is what lets the partial index of the queue serve it.
_PENDING: Document = {"status": TransferStatus.PENDING.value, "partition": {"$gte": 0}}

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
        outcomes = engine.post(batch, clock.now())
        if not all(isinstance(outcome, Posted) for outcome in outcomes):
            raise CaseFailed("a transfer of the backlog was refused")
    return [posting.operation for posting in postings]


def wait_until_empty(books: Books) -> None:
    """Return when no transfer is pending.

    Raises:
        CaseFailed: that took too long.
    """
    deadline = time.monotonic() + _LONGEST_DRAIN_S
    transfers = books.database["transfers"]
    while transfers.count_documents(_PENDING, limit=1):
        if time.monotonic() > deadline:
            raise CaseFailed(f"the queue is not empty after {_LONGEST_DRAIN_S:g} s")
        time.sleep(_POLL_S)


def drain_rate(books: Books, pairs: Pairs, watchers: Sequence[Process], transfers: int) -> float:
    """Return the transfers/s at which ``watchers``, which do not see it grow, empty a backlog."""
    with frozen(watchers):
        put_in(books, pairs, transfers)
        _refresh_beats(books)
        started = time.monotonic()
    wait_until_empty(books)
    rate = transfers / (time.monotonic() - started)
    say(f"  drained at {rate:,.0f}/s")
    return rate


def _refresh_beats(books: Books) -> None:
    """Let the frozen watchers find each other alive: it is the bench that kept them from saying so."""
    books.database["watchers"].update_many({}, [{"$set": {"beat": "$$NOW"}}])


def _posting(sender: UUID, receiver: UUID) -> Posting:
    return Posting(new_id(), Kind.TRANSFER_OUT, sender, 1, "bench", receiver)
