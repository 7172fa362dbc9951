"""Gauges without a sample while their value is not known: 0, or what was true an hour ago, would be a lie."""

import time
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

Value = TypeVar("Value")


class KnownGauge(Collector):
    """Asks ``read`` at each scrape."""

    def __init__(
        self, name: str, documentation: str, read: Callable[[], float | None], registry: CollectorRegistry
    ) -> None:
        self._name = name
        self._documentation = documentation
        self._read = read
        registry.register(self)

    def collect(self) -> Iterable[GaugeMetricFamily]:
        value = self._read()
        family = GaugeMetricFamily(self._name, self._documentation)
        if value is not None:
            family.add_metric([], value)
        yield family


class Reading(Generic[Value]):
    """What was read last, for as long as it is fresh.

    Every watcher exports what it read of the queue, and people take the highest: one that has lost the store
    must fall silent, or its last word would hide what the others see.
    """

    def __init__(self, fresh_s: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._fresh_s = fresh_s
        self._monotonic = monotonic
        self._read: tuple[float, Value] | None = None

    def put(self, value: Value) -> None:
        self._read = (self._monotonic(), value)

    def get(self) -> Value | None:
        if self._read is None:
            return None
        at, value = self._read
        return value if self._monotonic() - at <= self._fresh_s else None
