"""B6: when the answer to a commit is lost, the whole transaction runs again, and its body makes new ids.

The driver repeats the commit, which has one effect. A loop of one's own around everything has two, unless the
body can be repeated; this one cannot.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pymongo
from pymongo.client_session import ClientSession
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern

from tests.chaos.planted.patch import Patch
from wallet.ledger import Outcome
from wallet.models import Posting
from wallet.rules.identity import new_id
from wallet.store.faults import renamed
from wallet.store.posting import PostingEngine
from wallet.store.transactions import Transactions

_LOST = "UnknownTransactionCommitResult"
_PASSING = "TransientTransactionError"


class _Body:
    """The posting engine's, which makes new ids once a commit of it was lost."""

    def __init__(self, engine: PostingEngine, postings: Sequence[Posting], date: datetime) -> None:
        self._engine, self._postings, self._date = engine, postings, date
        self.lost = False

    def __call__(self, session: ClientSession) -> tuple[Outcome, ...]:
        again = [replace(one, operation=new_id(), keyed=False) for one in self._postings]
        return self._engine._post(again if self.lost else self._postings, self._date, session)


def plant(patch: Patch = setattr) -> None:
    def commit(engine: PostingEngine, postings: Sequence[Posting], date: datetime) -> tuple[Outcome, ...]:
        return engine._transactions.run(_Body(engine, postings, date))

    patch(PostingEngine, "_commit", commit)
    patch(Transactions, "_run", _run)


def _run(transactions: Transactions, body: Any, _attempts: int) -> Any:
    with (
        renamed(),
        pymongo.timeout(transactions._bound_s),
        transactions._client.start_session() as session,
    ):
        while True:
            try:
                with session.start_transaction(ReadConcern("snapshot"), pymongo.WriteConcern("majority")):
                    return body(session)
            except PyMongoError as fault:
                if fault.has_error_label(_LOST):
                    body.lost = True
                elif not fault.has_error_label(_PASSING):
                    raise
