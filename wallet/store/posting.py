"""The posting engine: a batch of postings in one transaction."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import pymongo
from pymongo.client_session import ClientSession
from pymongo.database import Database

from wallet import ledger
from wallet.models import Kind, Posting, Wallet
from wallet.rules.limits import Limits
from wallet.settlement import promised
from wallet.store import documents
from wallet.store.books import Books
from wallet.store.client import OPERATION_S, Document
from wallet.store.faults import AlreadyExists, renamed
from wallet.store.transactions import Transactions

BATCH_ATTEMPTS = 3
"""How often a batch may collide before it is made smaller."""


class PostingEngine:
    """Commits top-ups, payments and the debits of transfers, with the row that queues each transfer."""

    def __init__(
        self,
        database: Database[Document],
        transactions: Transactions,
        *,
        cap: int,
        limits: Limits | None = None,
    ) -> None:
        self._database = database
        self._books = Books(database)
        self._transfers = database["transfers"]
        self._transactions = transactions
        self._cap = cap
        self._limits = limits

    def post(self, postings: Sequence[Posting], date: datetime) -> tuple[ledger.Outcome, ...]:
        """Commit ``postings`` together and return an outcome for each, in order.

        Raises:
            Collision: a batch of several got in the way of others too often; nothing was written.
            Unavailable: the store cannot commit now; nothing was written.
            OutcomeUnknown: the answer to the commit was lost.
        """
        try:
            return self._commit(postings, date)
        except AlreadyExists:
            # Another pod committed the same key first: read its entry and replay it.
            return self._commit(postings, date)

    def foresee(self, posting: Posting, date: datetime) -> ledger.Outcome:
        """Return the outcome that ``posting`` alone would have now; nothing is written.

        Raises:
            Unavailable: the store cannot answer now.
        """
        with (
            renamed(),
            pymongo.timeout(OPERATION_S),
            self._database.client.start_session(snapshot=True) as session,
        ):
            _, sheet = self._sheet([posting], date, session)
        return sheet.outcomes[0]

    def _commit(self, postings: Sequence[Posting], date: datetime) -> tuple[ledger.Outcome, ...]:
        return self._transactions.run(
            lambda session: self._post(postings, date, session),
            attempts=None if len(postings) == 1 else BATCH_ATTEMPTS,
        )

    def _post(
        self, postings: Sequence[Posting], date: datetime, session: ClientSession
    ) -> tuple[ledger.Outcome, ...]:
        wallets, sheet = self._sheet(postings, date, session)
        self._books.write_wallets(wallets, sheet, session)
        self._books.add_entries(sheet, session)
        self._queue(postings, sheet, session)
        return sheet.outcomes

    def _sheet(
        self, postings: Sequence[Posting], date: datetime, session: ClientSession
    ) -> tuple[Mapping[UUID, Wallet], ledger.Sheet]:
        """Return the wallets as they are, and what the ledger makes of them."""
        wallets = self._books.wallets(_touched(postings), session)
        keyed = [posting.entry_id for posting in postings if posting.keyed]
        existing = self._books.entries(keyed, session) if keyed else {}
        sheet = ledger.post(postings, wallets, existing, cap=self._cap, date=date, limits=self._limits)
        return wallets, sheet

    def _queue(self, postings: Sequence[Posting], sheet: ledger.Sheet, session: ClientSession) -> None:
        accepted = [
            documents.transfer_document(promised(outcome.entry, posting.request_id))
            for posting, outcome in zip(postings, sheet.outcomes, strict=True)
            if posting.kind is Kind.TRANSFER_OUT and isinstance(outcome, ledger.Posted)
        ]
        if accepted:
            self._transfers.insert_many(accepted, session=session)


def _touched(postings: Sequence[Posting]) -> Collection[UUID]:
    receivers = {posting.counterparty for posting in postings if posting.counterparty is not None}
    return {posting.wallet for posting in postings} | receivers
