"""The time that one request has for all that it asks of the store."""

from collections.abc import Iterator
from contextlib import contextmanager

import pymongo


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let everything that this thread or greenlet asks the store for end in ``seconds``, all of it together.

    What has a shorter bound of its own keeps it. What it hands to another thread is not bound.
    """
    with pymongo.timeout(seconds):
        yield
