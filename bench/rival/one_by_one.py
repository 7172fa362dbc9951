"""Settles pending transfers one by one, each in a transaction of its own: the obvious way, for comparison."""

from datetime import datetime
from uuid import UUID

from pymongo.client_session import ClientSession

from bench.bare import SNAPSHOT, entry, move
from wallet import clock
from wallet.models import Kind, TransferStatus
from wallet.store.client import MAJORITY
from wallet.store.opening import Store


class OneByOne:
    """Writes what the watcher writes for a transfer: its status, the receiver's wallet and the entry."""

    def __init__(self, database: Store) -> None:
        self._database = database

    def settle(self, transfer: UUID) -> None:
        """Credit the target of ``transfer`` if it is still pending."""
        date = clock.now()
        with self._database.client.start_session() as session:
            session.with_transaction(
                lambda session: self._settle(session, transfer, date),
                read_concern=SNAPSHOT,
                write_concern=MAJORITY,
            )

    def _settle(self, session: ClientSession, transfer: UUID, date: datetime) -> None:
        row = self._database["transfers"].find_one_and_update(
            {"_id": transfer, "status": TransferStatus.PENDING.value},
            {"$set": {"status": TransferStatus.SUCCESS.value, "settled_at": date}},
            session=session,
        )
        if row is None:
            return
        wallet = move(self._database, session, row["target"], row["amount"])
        credit = entry(
            transfer, Kind.TRANSFER_IN, wallet, row["amount"], counterparty=row["sender"], date=date
        )
        self._database["entries"].insert_one(credit, session=session)
