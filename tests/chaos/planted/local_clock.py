"""B9: who is alive, and what is overdue, is told by each watcher's own clock; and the clocks differ.

The first watcher's is right. Each that comes after it is an hour further behind, as if it ran under faketime:
to it, those before it never die, and nothing is ever overdue.
"""

from datetime import timedelta

from tests.chaos.planted.patch import Patch
from wallet import clock
from wallet.store.faults import renamed
from wallet.store.membership import Membership, Roll

_BEHIND = timedelta(hours=1)


def plant(patch: Patch = setattr) -> None:
    came_after: dict[str, int] = {}

    def beat(membership: Membership) -> Roll:
        rows, me = membership._watchers, membership._watcher
        with renamed():
            if me not in came_after:
                came_after[me] = rows.count_documents({"_id": {"$ne": me}})
            now = clock.now() - came_after[me] * _BEHIND
            rows.update_one({"_id": me}, {"$set": {"beat": now}}, upsert=True)
            recent = now - timedelta(milliseconds=membership._dead_after_ms)
            alive = [row["_id"] for row in rows.find({"beat": {"$gt": recent}})]
        return Roll(alive, now)

    patch(Membership, "beat", beat)
