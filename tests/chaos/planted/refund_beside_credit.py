"""B11: a transfer that was credited can be refunded as well.

A watcher that was overtaken, or lost the answer to its commit, thinks that the transfer failed and gives the
money back. The refund does not ask for the status, and its key is another one than the credit's. Every
watcher works on every partition, so that they meet.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from pymongo.client_session import ClientSession

from tests.chaos.planted.patch import Patch
from tests.chaos.planted.spelling import refunds, spell_otherwise
from wallet.errors import OutcomeUnknown
from wallet.rules.partition import PARTITIONS
from wallet.settlement import POISON, Settlement, Vouched
from wallet.store.client import Document
from wallet.store.settling import Overtaken, SettlementEngine
from watcher import share

if TYPE_CHECKING:
    from uuid import UUID


def plant(patch: Patch = setattr) -> None:
    settle = SettlementEngine.settle

    def settle_or_fail(engine: SettlementEngine, vouched: Vouched, date: Any) -> Settlement:
        try:
            return settle(engine, vouched, date)
        except (Overtaken, OutcomeUnknown):
            failed: dict[UUID, str] = {one.id: POISON for one in vouched.transfers}
            return Settlement([], failed)

    def rows(engine: SettlementEngine, ids: Collection[Any], session: ClientSession) -> dict[Any, Document]:
        found = engine._transfers.find({"_id": {"$in": list(ids)}}, {"request_id": True}, session=session)
        return {row["_id"]: row for row in found}

    patch(SettlementEngine, "settle", settle_or_fail)
    patch(SettlementEngine, "_rows", rows)
    patch(share, "owned", lambda _name, _alive: list(range(PARTITIONS)))
    spell_otherwise(patch, refunds)
