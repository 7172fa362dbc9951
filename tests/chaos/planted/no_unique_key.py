"""B1: nothing in the database forbids a second credit.

The key of a credit does not identify the transfer, and the transaction does not ask whether it is still
pending: who settles has seen that a moment ago. Every watcher works on every partition, as one may who relies
on keys.
"""

from tests.chaos.planted.no_fence import settle_whatever_the_status
from tests.chaos.planted.patch import Patch
from tests.chaos.planted.spelling import either, spell_otherwise
from wallet.rules.partition import PARTITIONS
from watcher import share


def plant(patch: Patch = setattr) -> None:
    spell_otherwise(patch, either)
    settle_whatever_the_status(patch)
    patch(share, "owned", lambda _name, _alive: list(range(PARTITIONS)))
