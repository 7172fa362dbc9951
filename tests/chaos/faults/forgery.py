"""Requests that nobody can execute, put into the queue by another hand.

No money stands behind them: they must be put aside, each on its own. When the fault ends they are taken away,
because the books are held to what is there.
"""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from bson import Int64
from pymongo.errors import PyMongoError

from tests.chaos.waiting import wait_until
from wallet.rules.partition import partition_of

if TYPE_CHECKING:
    from tests.chaos.stage import Stage

_AWAY_S = 30.0
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Forged:
    """One of each shape, in an order of its own."""

    stage: "Stage"
    rows: Sequence[Row]

    def put(self) -> None:
        """Put them into the queue."""
        self.stage.database["transfers"].insert_many(self.rows, bypass_document_validation=True)

    def withdraw(self) -> None:
        """Take them away, whatever became of them."""
        wait_until(self._gone, "the forged rows are gone", within_s=_AWAY_S)

    def _gone(self) -> bool:
        ids = [row["_id"] for row in self.rows]
        try:
            self.stage.database["transfers"].delete_many({"_id": {"$in": ids}})
        except PyMongoError:
            return False
        return True


def forged(stage: "Stage", rng: random.Random) -> Forged:
    rows = [shape(_row(rng)) for shape in _SHAPES]
    rng.shuffle(rows)
    return Forged(stage, rows)


def _row(rng: random.Random) -> Row:
    target = UUID(int=rng.getrandbits(128))
    return {
        "_id": uuid4(),
        "sender": uuid4(),
        "target": target,
        "amount": Int64(rng.randint(1, 1_000)),
        "remarks": "",
        "status": "PENDING",
        "date": datetime.now(UTC),
        "partition": Int64(partition_of(target)),
        "request_id": "",
        "attempts": Int64(0),
        "failure": None,
        "settled_at": None,
        "parked": False,
    }


def _with(**fields: Any) -> Callable[[Row], Row]:
    return lambda row: row | fields


def _without(*names: str) -> Callable[[Row], Row]:
    return lambda row: {name: value for name, value in row.items() if name not in names}


_SHAPES: Sequence[Callable[[Row], Row]] = (
    _with(),  # well formed, but neither sender nor debit
    lambda row: row | {"_id": f"not a uuid: {row['_id']}"},  # each has its own: a run may have several
    _with(amount="1000"),
    _with(amount=math.nan),
    _with(amount=True),
    _with(amount=Int64(-1)),
    _with(amount=Int64(2**63 - 1)),
    _with(partition="everywhere"),
    _with(partition=Int64(2**40)),
    _with(date="yesterday"),
    _with(target=None),
    _with(remarks=None),
    _with(attempts="many"),
    _without("amount"),
    _without("target", "sender", "partition"),
    _without("date"),
    _without("parked"),
)
