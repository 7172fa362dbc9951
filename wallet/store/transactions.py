"""Transactions: the driver retries, every wait is bounded, and errors have the wallet's names."""

from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

import pymongo
from pymongo import MongoClient, ReadPreference
from pymongo.client_session import ClientSession
from pymongo.read_concern import ReadConcern

from wallet.store.client import MAJORITY, OPERATION_S, Document
from wallet.store.faults import renamed
from wallet.store.observer import StoreObserver

Result = TypeVar("Result")
Body = Callable[[ClientSession], Result]

_SNAPSHOT = ReadConcern("snapshot")

_BRIEFLY = 4
"""Runs, before the driver's back-off begins anew: it grows from 5 ms by half each time."""


class Collision(Exception):
    """A batch collides with others' transactions again and again. Nothing was written: make it smaller."""


class Transactions:
    """Runs bodies, each in one transaction of one client."""

    def __init__(
        self,
        client: MongoClient[Document],
        *,
        bound_s: float = OPERATION_S,
        observer: StoreObserver | None = None,
    ) -> None:
        self._client = client
        self._bound_s = bound_s
        self._observer = observer or StoreObserver()

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
            return self._run(body, attempts)
        with pymongo.timeout(self._bound_s):
            while True:
                # The driver waits the longer the oftener it was in the way, up to half a second, while the
                # others pass. A few pods that want the same wallet are better off with short waits.
                with suppress(Collision):
                    return self._run(body, _BRIEFLY)

    def _run(self, body: Body[Result], attempts: int) -> Result:
        runs = _Runs(body, attempts)
        try:
            with renamed(), pymongo.timeout(self._bound_s), self._client.start_session() as session:
                return session.with_transaction(
                    runs,
                    read_concern=_SNAPSHOT,
                    write_concern=MAJORITY,
                    read_preference=ReadPreference.PRIMARY,
                )
        finally:
            # Here and not in the body, which may run many times and must have no other effect.
            if runs.count > 1:
                self._observer.conflicted(runs.count - 1)


class _Runs(Generic[Result]):
    """A body that counts how often the driver runs it, and is not run more than ``most`` times."""

    def __init__(self, body: Body[Result], most: int) -> None:
        self._body = body
        self._most = most
        self.count = 0

    def __call__(self, session: ClientSession) -> Result:
        self.count += 1
        if self.count > self._most:
            raise Collision
        return self._body(session)
