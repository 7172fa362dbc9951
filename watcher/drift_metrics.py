"""The drift series: there only at the watcher that checks."""

import time
from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from wallet.store.findings import Total


class DriftMetrics(Collector):
    """What is wrong now, and how long ago all was last looked at."""

    def __init__(self, registry: CollectorRegistry, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._total: Total | None = None
        self._passed_at = monotonic()
        self._unproven: int | None = None
        self._entries = Counter(
            "wallet_drift_checked_entries", "Entries that the check for drift has proven", registry=registry
        )
        registry.register(self)

    def show(self, total: Total) -> None:
        self._total = total

    def forget(self) -> None:
        """Somebody else checks from now on."""
        self._total = None
        self._unproven = None

    def passed(self, ago_s: float) -> None:
        """All was looked at once more, ``ago_s`` seconds ago."""
        self._passed_at = self._monotonic() - ago_s

    def left(self, entries: int) -> None:
        """So many were left for later by the last pass."""
        self._unproven = entries

    def checked(self, entries: int) -> None:
        self._entries.inc(entries)

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Name no series: which there are depends on who checks."""
        yield from ()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        total = self._total
        if total is None:
            return
        yield GaugeMetricFamily(
            "wallet_conservation_drift_rupiah",
            "Money that appeared from nowhere (negative: went there): 0 or page",
            value=total.rupiah,
        )
        yield GaugeMetricFamily(
            "wallet_wallets_drifted",
            "Wallets whose balance or chain disagrees with the ledger, and transfers whose entries disagree "
            "with their row, as of the last look at each",
            value=total.subjects,
        )
        yield GaugeMetricFamily(
            "wallet_drift_check_age_seconds",
            "Since everything was last looked at; where that never happened, since the check began",
            value=self._monotonic() - self._passed_at,
        )
        if self._unproven is not None:
            yield GaugeMetricFamily(
                "wallet_drift_unproven_entries",
                "Entries that the last pass left for later: more were made than the check could prove",
                value=self._unproven,
            )
