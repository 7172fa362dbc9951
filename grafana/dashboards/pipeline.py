"""The way of a transfer: accepted, picked up, settled. What waits, who works, what goes wrong."""

from grafana_foundation_sdk.models.dashboard import Panel

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
    table_of,
)
from grafana.promql import equal, in_range, mean, quantile, rate, select, shared
from grafana.rules.causes import OLDEST_EXPORT_S, OLDEST_S, STALLED_S, STREAM_LAG_S

_QUANTILES = (0.5, 0.95, 0.99)
_FAILED = 'outcome!="settled"'
_ACCEPTED = ('kind="TRANSFER_OUT"', 'outcome="posted"')


def _latency(title: str, description: str, name: str, look: Look) -> tuple[Panel, Panel]:
    return (
        lines(
            title,
            description,
            look,
            *(Query(quantile(part, name), f"p{part * 100:g}") for part in _QUANTILES),
        ),
        heat(
            f"{title}, all of them",
            f"{description} Each column is a moment, each cell a bucket.",
            Look(SECONDS, width=look.width),
            rate(f"{name}_bucket", by="le"),
        ),
    )


_QUEUE = [
    lines(
        "Queue",
        "Transfers that wait to be executed, parked ones apart. What counts is their age: a deep queue that"
        " drains fast is well.",
        Look(COUNT, alert="DompetQueueGrowing"),
        Query(shared("wallet_transfer_queue_depth"), "pending"),
    ),
    lines(
        "Age of the oldest transfer",
        "How long the transfer that has waited longest has waited.",
        Look(SECONDS, ((0, GREEN), (5, YELLOW), (OLDEST_S, RED)), alert="DompetTransfersWait"),
        Query(shared("wallet_transfer_oldest_pending_age_seconds"), "oldest"),
    ),
    lines(
        "Accepted and completed",
        "Transfers that the API accepts, and that watchers settle or refund. Where the first stays above the"
        " second, the queue grows.",
        Look(PER_SECOND),
        Query(rate("wallet_postings_total", *_ACCEPTED), "accepted"),
        Query(rate("wallet_transfers_total", 'outcome=~"settled|refunded"'), "completed"),
    ),
]

_LATENCY = [
    *_latency(
        "Accepted to picked up",
        "From the sender's debit to the beginning of the batch that executes the transfer.",
        "wallet_transfer_pickup_seconds",
        Look(SECONDS, width=6),
    ),
    *_latency(
        "Accepted to settled",
        "From the sender's debit to the receiver's credit, or to the refund. The promise is 5 s.",
        "wallet_transfer_settle_seconds",
        Look(SECONDS, ((0, GREEN), (5, RED)), alert="DompetTransfersSlow", width=6),
    ),
]

_OUTCOMES = [
    lines(
        "Outcomes",
        "Transfers by what became of them for good.",
        Look(PER_SECOND, stacked=True, alert="DompetManyRefunds"),
        Query(rate("wallet_transfers_total", by="outcome"), "{{outcome}}"),
    ),
    table_of(
        "Top reasons of failure",
        "Why transfers were refunded or parked, in the time that is shown.",
        Look(COUNT, width=8, alert="DompetManyRefunds"),
        f"topk(10, {in_range('wallet_transfers_total', _FAILED, by='outcome, reason')} > 0)",
        ("outcome", "reason"),
    ),
    lines(
        "Retries",
        "Attempts that failed and are tried again, by reason: not a failure for good yet.",
        Look(PER_SECOND, stacked=True),
        Query(rate("wallet_transfer_retries_total", by="reason"), "{{reason}}"),
    ),
    stat_of(
        "Parked now",
        "Transfers that are out of the watchers' hands until an operator decides.",
        Look(COUNT, ((0, GREEN), (1, RED)), alert="DompetTransfersParked", width=24),
        shared("wallet_transfers_parked"),
    ),
]

_WATCHERS = [
    lines(
        "Watchers",
        "Watchers whose heart beats in the database, and those that can be scraped. A frozen one is missing"
        " from both.",
        Look(COUNT, ((0, RED), (1, GREEN)), alert="DompetNoWatcher"),
        Query(shared("wallet_watchers_alive"), "alive"),
        Query(f"sum({select('up', equal('job', 'dompet-watcher'))})", "scraped"),
    ),
    lines(
        "Partitions",
        "How many of the 64 shares of the receivers each watcher prefers.",
        Look(COUNT, stacked=True),
        Query(select("wallet_watcher_partitions_owned"), "{{instance}}"),
    ),
    lines(
        "Loop",
        "How long ago each watcher's loop last turned. A watcher whose loop stands still looks alive.",
        Look(SECONDS, ((0, GREEN), (STALLED_S, RED)), alert="DompetWatcherStalled"),
        Query(select("wallet_watcher_loop_stalled_seconds"), "{{instance}}"),
    ),
    lines(
        "Transfers to a transaction",
        "The mean batch of each watcher. It shrinks when batches collide.",
        Look(COUNT),
        Query(mean("wallet_watcher_batch_transfers", by="instance"), "{{instance}}"),
    ),
    lines(
        "Time of a transaction",
        "Quantiles over all watchers.",
        Look(SECONDS),
        *(Query(quantile(part, "wallet_watcher_commit_seconds"), f"p{part * 100:g}") for part in _QUANTILES),
    ),
    lines(
        "Pauses",
        "Times a watcher paused because the store could not answer.",
        Look(PER_SECOND),
        Query(rate("wallet_watcher_pauses_total", by="instance"), "{{instance}}"),
    ),
]

_EXPORTS = [
    lines(
        "Exports that wait",
        "Statements as files that are asked for and not finished. The others wait while a watcher makes one.",
        Look(COUNT, width=6),
        Query(shared("wallet_exports_waiting"), "waiting"),
    ),
    lines(
        "Age of the oldest export",
        "How long the export that has waited longest has waited, with its attempts.",
        Look(SECONDS, ((0, GREEN), (OLDEST_EXPORT_S, RED)), alert="DompetExportsWait", width=6),
        Query(shared("wallet_export_oldest_waiting_age_seconds"), "oldest"),
    ),
    lines(
        "Time of an export",
        "Quantiles of attempts that came to a good end, over all watchers, by format.",
        Look(SECONDS, width=6),
        *(
            Query(quantile(part, "wallet_export_seconds", by="format"), f"{{{{format}}}} p{part * 100:g}")
            for part in (0.5, 0.95)
        ),
    ),
    lines(
        "Attempts that failed",
        "They are tried again, later each time, up to five times.",
        Look(PER_SECOND, stacked=True, width=6),
        Query(rate("wallet_export_retries_total", by="reason"), "{{reason}}"),
    ),
    table_of(
        "What became of exports",
        "In the time that is shown: done, or failed for good, and why.",
        Look(COUNT, width=24, alert="DompetExportsFail"),
        f"{in_range('wallet_exports_total', by='format, outcome, reason')} > 0",
        ("format", "outcome", "reason"),
    ),
]

_STREAM = [
    lines(
        "Lag of the change stream",
        "How far behind the doorbell of each watcher is. No line: not known, or resting: see beside.",
        Look(SECONDS, ((0, GREEN), (STREAM_LAG_S, RED)), alert="DompetStreamLag"),
        Query(select("wallet_watcher_stream_lag_seconds"), "{{instance}}"),
    ),
    lines(
        "Change stream open, lag known",
        "1 where the stream of a watcher is open, and its lag known. It rests while a backlog is swept.",
        Look(COUNT, ((0, RED), (1, GREEN)), alert="DompetStreamLagUnknown"),
        Query(select("wallet_watcher_stream_up"), "open, {{instance}}"),
        Query(select("wallet_watcher_stream_lag_known"), "lag known, {{instance}}"),
        Query(select("wallet_watcher_stream_resting"), "rests, {{instance}}"),
    ),
    lines(
        "Lost streams",
        "Times a watcher lost its change stream and opened another.",
        Look(PER_SECOND),
        Query(rate("wallet_watcher_stream_losses_total", by="instance"), "{{instance}}"),
    ),
    lines(
        "Sweeps",
        "Looks into the queue for what did not ring: one a second and watcher, fewer after a busy time.",
        Look(PER_SECOND),
        Query(rate("wallet_watcher_sweeps_total", by="instance"), "{{instance}}"),
    ),
    lines(
        "Found by a sweep",
        "Transfers that the doorbell should have announced and did not.",
        Look(PER_SECOND, alert="DompetSweepFinds"),
        Query(rate("wallet_watcher_sweep_finds_total", by="instance"), "{{instance}}"),
    ),
    lines(
        "Memory of the watchers",
        "Resident memory of each watcher.",
        Look("bytes"),
        Query(select("process_resident_memory_bytes", equal("job", "dompet-watcher")), "{{instance}}"),
    ),
]

BOARD = Board(
    "dompet-pipeline",
    "Dompet: transfer pipeline",
    "From accepted to settled: what waits, how long it takes, what fails, who works.",
    [
        Row("Queue", _QUEUE),
        Row("Latency", _LATENCY),
        Row("Outcomes", _OUTCOMES),
        Row("Watchers", _WATCHERS),
        Row("Change stream and sweep", _STREAM),
        Row("Exports", _EXPORTS),
    ],
)
