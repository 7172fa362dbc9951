"""The series that the API and the watchers export: what dashboards and rules may be made of."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["counter", "gauge", "histogram"]

API = "dompet-api"
WATCHER = "dompet-watcher"
"""The values of the label ``job``."""


@dataclass(frozen=True)
class Metric:
    """One metric family, by the name that queries use.

    ``shared`` says that every watcher exports the same value, the state of the database: take the max of it,
    a sum would count it once for each watcher.
    """

    name: str
    kind: Kind
    jobs: tuple[str, ...]
    labels: tuple[str, ...] = ()
    shared: bool = False

    @property
    def series(self) -> tuple[str, ...]:
        """The names of its series."""
        if self.kind == "histogram":
            return tuple(self.name + suffix for suffix in ("_bucket", "_sum", "_count"))
        return (self.name,)


def _of(
    jobs: tuple[str, ...], kind: Kind, *names: str, labels: tuple[str, ...] = (), shared: bool = False
) -> tuple[Metric, ...]:
    return tuple(Metric(name, kind, jobs, labels, shared) for name in names)


_API = (API,)
_WATCHER = (WATCHER,)
_BOTH = (API, WATCHER)

METRICS = (
    *_of(_API, "histogram", "wallet_http_request_duration_seconds", labels=("method", "status", "url_rule")),
    *_of(_API, "counter", "wallet_postings_total", labels=("kind", "outcome")),
    *_of(_API, "counter", "wallet_postings_rupiah_total", labels=("kind",)),
    *_of(_API, "gauge", "wallet_group_commit_queue_depth"),
    *_of(_API, "histogram", "wallet_group_commit_batch_postings", "wallet_group_commit_seconds"),
    *_of(_API, "counter", "wallet_logins_total", "wallet_registrations_total", labels=("outcome",)),
    *_of(_API, "counter", "wallet_login_locks_total"),
    *_of(_API, "counter", "wallet_requests_limited_total", labels=("door", "scope")),
    *_of(_API, "counter", "wallet_refreshes_total", labels=("outcome",)),
    *_of(_API, "counter", "wallet_revocation_lookups_total", "wallet_key_ring_failures_total"),
    *_of(_API, "gauge", "wallet_revocation_feed_timestamp_seconds"),
    *_of(_API, "gauge", "wallet_waiters", labels=("kind",)),
    *_of(_API, "counter", "wallet_waiters_turned_away_total", labels=("kind",)),
    *_of(_API, "counter", "wallet_waits_total", labels=("outcome",)),
    *_of(_API, "histogram", "wallet_wait_lag_seconds"),
    *_of(_API, "gauge", "wallet_wait_stream_up"),
    *_of(_API, "counter", "wallet_wait_stream_losses_total"),
    *_of(
        _WATCHER,
        "gauge",
        "wallet_transfer_queue_depth",
        "wallet_transfer_oldest_pending_age_seconds",
        "wallet_transfers_parked",
        "wallet_transfers_pending_rupiah",
        "wallet_watchers_alive",
        "wallet_conservation_drift_rupiah",
        "wallet_wallets_drifted",
        "wallet_mongodb_oplog_window_seconds",
        "wallet_exports_waiting",
        "wallet_export_oldest_waiting_age_seconds",
        shared=True,
    ),
    *_of(_WATCHER, "counter", "wallet_exports_total", labels=("format", "outcome", "reason")),
    *_of(_WATCHER, "counter", "wallet_export_retries_total", labels=("reason",)),
    *_of(_WATCHER, "histogram", "wallet_export_seconds", labels=("format",)),
    *_of(_WATCHER, "counter", "wallet_transfers_total", labels=("outcome", "reason")),
    *_of(_WATCHER, "counter", "wallet_transfers_rupiah_total", labels=("outcome",)),
    *_of(_WATCHER, "counter", "wallet_transfer_retries_total", labels=("reason",)),
    *_of(
        _WATCHER,
        "histogram",
        "wallet_transfer_pickup_seconds",
        "wallet_transfer_settle_seconds",
        "wallet_watcher_batch_transfers",
        "wallet_watcher_commit_seconds",
    ),
    *_of(
        _WATCHER,
        "counter",
        "wallet_watcher_pauses_total",
        "wallet_watcher_stream_losses_total",
        "wallet_watcher_sweeps_total",
        "wallet_watcher_sweep_finds_total",
        "wallet_drift_checked_entries_total",
    ),
    *_of(
        _WATCHER,
        "gauge",
        "wallet_watcher_stream_up",
        "wallet_watcher_stream_lag_seconds",
        "wallet_watcher_stream_lag_known",
        "wallet_watcher_stream_resting",
        "wallet_watcher_partitions_owned",
        "wallet_watcher_loop_stalled_seconds",
        "wallet_drift_check_age_seconds",
        "wallet_drift_unproven_entries",
    ),
    *_of(
        _BOTH,
        "counter",
        "wallet_transaction_conflicts_total",
        "wallet_mongodb_pool_checkout_failures_total",
        "wallet_mongodb_primary_changes_total",
    ),
    *_of(_BOTH, "gauge", "wallet_mongodb_pool_connections", labels=("state",)),
    *_of(_BOTH, "histogram", "wallet_mongodb_heartbeat_seconds"),
    *_of(_BOTH, "gauge", "wallet_mongodb_primary"),
    *_of(_BOTH, "gauge", "wallet_build_info", labels=("version", "revision")),
)
