"""All that observes a watcher for its metrics."""

from prometheus_client import CollectorRegistry

from wallet.clock import Clock
from watcher.metrics.loop import LoopMetrics
from watcher.metrics.stream import StreamMetrics
from watcher.metrics.sweeps import SweepMetrics
from watcher.metrics.transfers import TransferMetrics
from watcher.observer import Observer


def observers(registry: CollectorRegistry, clock: Clock) -> list[Observer]:
    return [
        TransferMetrics(registry, clock),
        LoopMetrics(registry),
        StreamMetrics(registry, clock),
        SweepMetrics(registry),
    ]
