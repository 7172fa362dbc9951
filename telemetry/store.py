"""How it goes between a process and MongoDB, as Prometheus metrics."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from wallet.store.observer import StoreObserver

_HEARTBEAT_BUCKETS_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class StoreMetrics(StoreObserver):
    """Every series is there at 0 before its first event. The modes say how a pod's workers add up."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._conflicts = Counter(
            "wallet_transaction_conflicts",
            "Attempts of a transaction that had to be run again: write conflicts and other passing faults",
            registry=registry,
        )
        pool = Gauge(
            "wallet_mongodb_pool_connections",
            "Connections to MongoDB by state, looked at whenever a heartbeat returns",
            ["state"],
            multiprocess_mode="livesum",
            registry=registry,
        )
        self._in_use, self._idle = pool.labels("in_use"), pool.labels("idle")
        self._failures = Counter(
            "wallet_mongodb_pool_checkout_failures",
            "Times somebody wanted a connection and got none",
            registry=registry,
        )
        self._heartbeat = Histogram(
            "wallet_mongodb_heartbeat_seconds",
            "Round trip to a member of the replica set, one a heartbeat; while the driver awaits changes, "
            "its moving average of round trips",
            buckets=_HEARTBEAT_BUCKETS_S,
            registry=registry,
        )
        self._primary = Gauge(
            "wallet_mongodb_primary",
            "Whether this process sees a primary; of a pod, whether all its workers do",
            multiprocess_mode="livemin",
            registry=registry,
        )
        self._changes = Counter(
            "wallet_mongodb_primary_changes",
            "Elections seen: another primary or another term",
            registry=registry,
        )

    def conflicted(self, times: int) -> None:
        self._conflicts.inc(times)

    def connections(self, in_use: int, idle: int) -> None:
        self._in_use.set(in_use)
        self._idle.set(idle)

    def checkout_failed(self) -> None:
        self._failures.inc()

    def answered(self, seconds: float) -> None:
        self._heartbeat.observe(seconds)

    def primary_seen(self, *, seen: bool) -> None:
        self._primary.set(seen)

    def primary_changed(self) -> None:
        self._changes.inc()
