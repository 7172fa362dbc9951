"""Requests that cannot be executed."""

from typing import Any

from bson import Int64
from pymongo.errors import ConnectionFailure, ExecutionTimeout, WTimeoutError

from tests.chaos.faults.disturbance import Disturbance
from tests.chaos.faults.forgery import forged
from tests.chaos.waiting import wait_until

_AWAY = (ConnectionFailure, ExecutionTimeout, WTimeoutError)
"""Of the store. Anything else would be a fault that never does what its name says."""


class Poison(Disturbance):
    """Rows of every wrong shape are put into the queue: those behind them must not notice."""

    name = "poison"
    lasts_s = (5.0, 9.0)

    def choose(self) -> str:
        return "the queue"

    def begin(self) -> None:
        self._forged = forged(self.stage, self.random)
        self._forged.put()

    def end(self) -> None:
        self._forged.withdraw()


class PaidPoison(Disturbance):
    """Transfers that were paid for are spoiled while they wait: their senders must get the money back.

    Their fields are put right in the end, because the books are held to what is there. What became of them
    stays.
    """

    name = "poison-paid"
    lasts_s = (5.0, 9.0)
    _SPOILED = (
        {"amount": "1000"},
        {"amount": Int64(2**63 - 1)},
        {"target": None},
        {"partition": "everywhere"},
        {"date": "yesterday"},
    )
    _HEALED_S = 30.0

    def choose(self) -> str:
        return "the queue"

    def begin(self) -> None:
        self._rows: list[dict[str, Any]] = []
        self._transfers = self.stage.database["transfers"]
        for spoiled in self._SPOILED:
            wait_until(
                lambda spoiled=spoiled: self._spoil(spoiled), "a transfer to spoil", within_s=self._HEALED_S
            )

    def end(self) -> None:
        wait_until(self._put_right, "the spoiled rows are right again", within_s=self._HEALED_S)

    def _spoil(self, fields: dict[str, Any]) -> bool:
        """Spoil the newest that waits; say whether there was one."""
        waiting = {"status": "PENDING", "_id": {"$nin": [row["_id"] for row in self._rows]}}
        try:
            row = self._transfers.find_one_and_update(
                waiting, {"$set": fields}, sort=[("date", -1)], bypassDocumentValidation=True
            )
        except _AWAY:
            return False
        if row is not None:
            self._rows.append(row)
        return row is not None

    def _put_right(self) -> bool:
        try:
            for row in self._rows:
                right = {name: row[name] for name in ("amount", "target", "partition", "date")}
                self._transfers.update_one(
                    {"_id": row["_id"]}, {"$set": right}, bypass_document_validation=True
                )
        except _AWAY:
            return False
        return True
