"""Transactions: the driver retries, every wait is bounded, and errors have the wallet's names."""

from collections.abc import Callable
from typing import TypeVar

import pymongo
from pymongo import MongoClient, ReadPreference
from pymongo.client_session import ClientSession
from pymongo.read_concern import ReadConcern

from wallet.store.client import MAJORITY, OPERATION_S, Document
from wallet.store.faults import renamed

Result = TypeVar("Result")
Body = Callable[[ClientSession], Result]

_SNAPSHOT = ReadConcern("snapshot")


class Collision(Exception):
    """A batch collides with others' transactions again and again. Nothing was written: make it smaller."""


class Transactions:
    """Runs bodies, each in one transaction of one client."""

    def __init__(self, client: MongoClient[Document], *, bound_s: float = OPERATION_S) -> None:
        self._client = client
        self._bound_s = bound_s

    def run(self, body: Body[Result], *, attempts: int | None = None) -> Result:
        """Run ``body`` and commit. It may run many times: no clock, no metrics and no network in it.

        A transaction that only read is committed too: with a majority write concern, what it read has
        then a majority behind it.

        Raises:
            Collision: after ``attempts`` runs it still got in the way of others. Without a number it is
                tried until the bound of time.
            Unavailable, OutcomeUnknown: the store did not commit in time.
        """
        if attempts is not None:
            body = _at_most(attempts, body)
        with renamed(), pymongo.timeout(self._bound_s), self._client.start_session() as session:
            return session.with_transaction(
                body,
                read_concern=_SNAPSHOT,
                write_concern=MAJORITY,
                read_preference=ReadPreference.PRIMARY,
            )


def _at_most(attempts: int, body: Body[Result]) -> Body[Result]:
    left = attempts

    def counted(session: ClientSession) -> Result:
        nonlocal left
        if left == 0:
            raise Collision
        left -= 1
        return body(session)

    return counted
