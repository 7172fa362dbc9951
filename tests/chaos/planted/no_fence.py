"""Takes the fence from settling: a transfer is marked whatever its status is by then."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pymongo.client_session import ClientSession

from tests.chaos.planted.patch import Patch
from wallet.store.settling import SettlementEngine


def settle_whatever_the_status(patch: Patch) -> None:
    def mark(engine: SettlementEngine, ids: Sequence[UUID], date: datetime, session: ClientSession) -> None:
        change = {"$set": {"status": "SUCCESS", "settled_at": date}}
        engine._transfers.update_many({"_id": {"$in": list(ids)}}, change, session=session)

    patch(SettlementEngine, "_mark_credited", mark)
