"""B5: a lease decides who may settle, and nothing else does.

A watcher whose heart beat lately believes that its partitions are its own, and asks neither the status nor
the key before it commits. One that is frozen amid its work and thawed after the takeover settles again.
"""

from tests.chaos.planted.no_fence import settle_whatever_the_status
from tests.chaos.planted.patch import Patch
from tests.chaos.planted.spelling import either, spell_otherwise


def plant(patch: Patch = setattr) -> None:
    spell_otherwise(patch, either)
    settle_whatever_the_status(patch)
