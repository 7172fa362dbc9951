"""Which watcher prefers which receivers: a preference that spares collisions, never a guard of money."""

from collections.abc import Collection
from hashlib import blake2b
from uuid import UUID

PARTITIONS = 64


def partition_of(receiver: UUID) -> int:
    """Return the partition, 0..63, of a transfer's receiver."""
    return blake2b(receiver.bytes, digest_size=1).digest()[0] % PARTITIONS


def owned(watcher: str, alive: Collection[str]) -> list[int]:
    """Return the partitions that ``watcher`` prefers among the watchers ``alive`` (rendezvous hashing).

    A watcher that joins or leaves moves only the partitions it gains or loses.
    """
    names = sorted({*alive, watcher})
    return [p for p in range(PARTITIONS) if max(names, key=lambda name: _weight(name, p)) == watcher]


def _weight(watcher: str, partition: int) -> bytes:
    return blake2b(f"{watcher}\n{partition}".encode(), digest_size=8).digest()
