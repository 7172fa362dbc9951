"""Requests that nobody can execute, put into the queue by another hand.

Some have no money behind them: they are put aside, and taken away when the fault ends, because the books are held
to what is there. Others were paid for: their money must come back, once.
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
    stage: "Stage"
    ids: Sequence[Any]

    def withdraw(self) -> None:
        """Take the rows away that no money stands behind, whatever became of them."""
        wait_until(self._gone, "the forged rows are gone", within_s=_AWAY_S)

    def _gone(self) -> bool:
        try:
            self.stage.database["transfers"].delete_many({"_id": {"$in": list(self.ids)}})
        except PyMongoError:
            return False
        return True


def forge(stage: "Stage", rng: random.Random) -> Forged:
    """Put one of each kind into the queue, in an order of its own."""
    rows = [make(_row(rng)) for make in _SHAPES]
    rng.shuffle(rows)
    stage.database["transfers"].insert_many(rows, bypass_document_validation=True)
    return Forged(stage, [row["_id"] for row in rows])


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
    _with(_id="not a uuid"),
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
