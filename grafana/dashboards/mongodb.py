"""MongoDB as the processes see it: the primary, the oplog, connections, conflicts and commit times."""

from grafana.board import Board, Row
from grafana.panels import (
    COUNT,
    GREEN,
    PER_SECOND,
    RED,
    SECONDS,
    YELLOW,
    Look,
    Query,
    heat,
    lines,
    stat_of,
)
from grafana.promql import equal, quantile, rate, select, shared
from grafana.rules.causes import SHORTEST_OPLOG_S

_QUANTILES = (0.5, 0.95, 0.99)

_REPLICA_SET = [
    stat_of(
        "Primary",
        "Whether every process sees a primary. Without one nothing is written.",
        Look(
            COUNT, ((0, RED), (1, GREEN)), words=((0, "none"), (1, "yes")), alert="DompetNoPrimary", width=8
        ),
        f"min({select('wallet_mongodb_primary')})",
    ),
    stat_of(
        "Elections",
        "Changes of the primary in the time that is shown, as the process saw them that saw most.",
        Look(COUNT, ((0, GREEN), (1, YELLOW)), width=8),
        f"max(increase({select('wallet_mongodb_primary_changes_total')}[$__range]))",
    ),
    stat_of(
        "Oplog window",
        "How far back the oplog reaches. A member that is away for longer must start from scratch. A young"
        " replica set has a short one.",
        Look(
            SECONDS,
            ((0, RED), (SHORTEST_OPLOG_S, YELLOW), (2 * SHORTEST_OPLOG_S, GREEN)),
            alert="DompetOplogWindowShort",
            width=8,
        ),
        shared("wallet_mongodb_oplog_window_seconds"),
    ),
    lines(
        "Primary seen",
        "1 where a process sees a primary.",
        Look(COUNT, ((0, RED), (1, GREEN)), alert="DompetNoPrimary"),
        Query(f"min by (job, instance) ({select('wallet_mongodb_primary')})", "{{job}} {{instance}}"),
    ),
    lines(
        "Heartbeats",
        "Round trips of the driver's own heartbeats: the network and the server, without our queries.",
        Look(SECONDS),
        *(
            Query(quantile(part, "wallet_mongodb_heartbeat_seconds"), f"p{part * 100:g}")
            for part in _QUANTILES
        ),
    ),
    lines(
        "Oplog window over time",
        "It shrinks when writes grow.",
        Look(SECONDS),
        Query(shared("wallet_mongodb_oplog_window_seconds"), "window"),
    ),
]

_CONNECTIONS = [
    lines(
        "Connections in use",
        "Of the pools of each process.",
        Look(COUNT),
        Query(
            f"sum by (job, instance) ({select('wallet_mongodb_pool_connections', equal('state', 'in_use'))})",
            "{{job}} {{instance}}",
        ),
    ),
    lines(
        "Connections by state",
        "Of all processes.",
        Look(COUNT, stacked=True),
        Query(f"sum by (job, state) ({select('wallet_mongodb_pool_connections')})", "{{job}} {{state}}"),
    ),
    lines(
        "Failed checkouts",
        "Times that no connection was to be had in time.",
        Look(PER_SECOND, alert="DompetPoolCheckoutFailures"),
        Query(
            rate("wallet_mongodb_pool_checkout_failures_total", by="job, instance"), "{{job}} {{instance}}"
        ),
    ),
]

_TRANSACTIONS = [
    lines(
        "Conflicts",
        "Attempts of a transaction that had to be run again: others wrote the wallet, or a passing fault.",
        Look(PER_SECOND),
        Query(rate("wallet_transaction_conflicts_total", by="job"), "{{job}}"),
    ),
    lines(
        "Commit time of the API",
        "One transaction of the posting engine, its retries included.",
        Look(SECONDS),
        *(Query(quantile(part, "wallet_group_commit_seconds"), f"p{part * 100:g}") for part in _QUANTILES),
    ),
    lines(
        "Commit time of the watchers",
        "One transaction of the settlement engine, its retries included.",
        Look(SECONDS),
        *(Query(quantile(part, "wallet_watcher_commit_seconds"), f"p{part * 100:g}") for part in _QUANTILES),
    ),
    heat(
        "Commit time of the API, all of them",
        "Each column is a moment, each cell a bucket.",
        Look(SECONDS, width=12),
        rate("wallet_group_commit_seconds_bucket", by="le"),
    ),
    heat(
        "Commit time of the watchers, all of them",
        "Each column is a moment, each cell a bucket.",
        Look(SECONDS, width=12),
        rate("wallet_watcher_commit_seconds_bucket", by="le"),
    ),
]

BOARD = Board(
    "dompet-mongodb",
    "Dompet: MongoDB",
    "MongoDB as the API and the watchers see it.",
    [
        Row("Replica set", _REPLICA_SET),
        Row("Connections", _CONNECTIONS),
        Row("Transactions", _TRANSACTIONS),
    ],
)
