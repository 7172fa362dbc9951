"""Whether the loop turns, and which share of the work it prefers."""

from collections.abc import Callable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge

from watcher.metrics.known import KnownGauge, Reading
from watcher.observer import Observer

_FRESH_S = 15.0
"""Watchers beat once a second: what has not been confirmed for so long is not known any more."""


class LoopMetrics(Observer):
    """Pauses and membership."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._pauses = Counter("wallet_watcher_pauses", "Times the store could not answer", registry=registry)
        self._owned = Gauge(
            "wallet_watcher_partitions_owned", "Partitions that this watcher prefers", registry=registry
        )
        self._alive: Reading[int] = Reading(_FRESH_S)
        KnownGauge(
            "wallet_watchers_alive",
            "Watchers whose heart beats; the same on every watcher",
            self._alive.get,
            registry,
        )

    def paused(self, fault: Exception) -> None:  # noqa: ARG002
        self._pauses.inc()

    def membership(self, alive: Sequence[str], owned: Sequence[int]) -> None:
        self._alive.put(len(alive))
        self._owned.set(len(owned))


def export_stall(registry: CollectorRegistry, stalled_s: Callable[[], float]) -> None:
    """Export ``stalled_s``, asked at each scrape: a loop that hangs could not set it."""
    gauge = Gauge("wallet_watcher_loop_stalled_seconds", "Since the loop last turned", registry=registry)
    gauge.set_function(stalled_s)
