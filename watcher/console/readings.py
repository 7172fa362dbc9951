"""What the metrics of this process say now: the console shows the numbers that Prometheus scrapes."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric

_OUTCOMES = "wallet_transfers_total"
_RETRIES = "wallet_transfer_retries_total"
_SETTLE = "wallet_transfer_settle_seconds_bucket"
_GAUGES = {
    "depth": "wallet_transfer_queue_depth",
    "oldest_s": "wallet_transfer_oldest_pending_age_seconds",
    "parked": "wallet_transfers_parked",
    "rupiah": "wallet_transfers_pending_rupiah",
    "stream_up": "wallet_watcher_stream_up",
    "stream_lag_s": "wallet_watcher_stream_lag_seconds",
    "drift": "wallet_conservation_drift_rupiah",
}
_NAMES = (_OUTCOMES, _RETRIES, _SETTLE, *_GAUGES.values())

SETTLED, REFUNDED, PARKED, RETRIED = "settled", "refunded", "parked", "retried"
OUTCOMES = (SETTLED, REFUNDED, PARKED, RETRIED)


@dataclass(frozen=True, slots=True)
class Readings:
    """A gauge that has no sample is ``None``: not known."""

    depth: float | None = None
    oldest_s: float | None = None
    parked: float | None = None
    rupiah: float | None = None
    stream_up: float | None = None
    stream_lag_s: float | None = None
    drift: float | None = None
    tally: Mapping[str, int] = field(default_factory=dict)
    """What this process did since it started, by outcome."""
    took: Mapping[float, float] = field(default_factory=dict)
    """How many transfers took at most so many seconds to settle."""


def read(registry: CollectorRegistry) -> Readings:
    """Collect the few series that the console is about."""
    samples = defaultdict(list)
    for metric in _collected(registry):
        for sample in metric.samples:
            samples[sample.name].append(sample)
    tally = dict.fromkeys(OUTCOMES, 0)
    for sample in samples[_OUTCOMES]:
        tally[sample.labels["outcome"]] += int(sample.value)
    tally[RETRIED] = int(sum(sample.value for sample in samples[_RETRIES]))
    took = {float(sample.labels["le"]): sample.value for sample in samples[_SETTLE]}
    gauges = {gauge: samples[name][0].value for gauge, name in _GAUGES.items() if samples[name]}
    return Readings(**gauges, tally=tally, took=took)


def _collected(registry: CollectorRegistry) -> list[Metric]:
    return list(registry.restricted_registry(_NAMES).collect())
