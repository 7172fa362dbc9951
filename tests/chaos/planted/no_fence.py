"""Takes the fence from settling: a transfer is marked whatever its status is by then."""

from collections.abc import Sequence
from uuid import UUID

from pymongo.client_session import ClientSession

from tests.chaos.planted.patch import Patch
from wallet.store.client import Document
from wallet.store.settling import SettlementEngine


def settle_whatever_the_status(patch: Patch) -> None:
    def mark(engine: SettlementEngine, ids: Sequence[UUID], end: Document, session: ClientSession) -> None:
        engine._transfers.update_many({"_id": {"$in": list(ids)}}, {"$set": end}, session=session)

    patch(SettlementEngine, "_mark_credited", mark)
