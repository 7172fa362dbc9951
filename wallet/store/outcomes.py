"""What became of many transfers and wallets, in one look for all who wait."""

from collections.abc import Collection
from uuid import UUID

import pymongo
from pymongo.client_session import ClientSession
from pymongo.database import Database

from wallet.models import Transfer, TransferStatus
from wallet.store import lenient
from wallet.store.client import Document
from wallet.store.faults import renamed

_LOOK_S = 2.0
"""The longest one look may take: the next one is better than this one late."""

_ENDED = {"status": {"$ne": TransferStatus.PENDING.value}}


class Outcomes:
    """Reads by primary keys. A look ``by_now`` sees whatever was committed before it began."""

    def __init__(self, database: Database[Document]) -> None:
        self._database = database

    def settled(self, ids: Collection[UUID]) -> list[Transfer]:
        """Return those of ``ids`` that are settled or have failed, but for rows that another hand spoiled.

        Raises:
            Unavailable: the store cannot answer now.
        """
        with renamed(), pymongo.timeout(_LOOK_S):
            return self._settled(ids)

    def settled_by_now(self, ids: Collection[UUID]) -> list[Transfer]:
        """As ``settled``; what a majority has only just got counts too."""
        with renamed(), pymongo.timeout(_LOOK_S), self._database.client.start_session() as session:
            self._catch_up(session)
            return self._settled(ids, session)

    def seqs_by_now(self, wallets: Collection[UUID]) -> dict[UUID, int]:
        """Return the numbers of the last entries of ``wallets``."""
        with renamed(), pymongo.timeout(_LOOK_S), self._database.client.start_session() as session:
            self._catch_up(session)
            found = self._database["wallets"].find(
                {"_id": {"$in": list(wallets)}}, {"seq": True}, session=session, batch_size=len(wallets) + 1
            )
            return {row["_id"]: int(row["seq"]) for row in found}

    def _settled(self, ids: Collection[UUID], session: ClientSession | None = None) -> list[Transfer]:
        wanted = {"_id": {"$in": list(ids)}} | _ENDED
        found, _spoiled = lenient.transfers(
            self._database["transfers"], filter=wanted, session=session, batch_size=len(ids) + 1
        )
        return found

    def _catch_up(self, session: ClientSession) -> None:
        # Majority reads lag behind by a moment. A stream that opens in it would not tell what came before,
        # and a look would not see it yet. This names the time that the look has to wait for.
        self._database.command("ping", session=session)
