"""B3: a write is acknowledged as soon as one node has it in memory."""

from pymongo import WriteConcern

from tests.chaos.planted.patch import Patch
from wallet.store import client, transactions

_ONE = WriteConcern(1, j=False)


def plant(patch: Patch = setattr) -> None:
    patch(client, "MAJORITY", _ONE)
    patch(transactions, "MAJORITY", _ONE)
