"""Is the wallet well? The promises, the state of everything on one line, and the API by route."""

from grafana.board import Board, Row
from grafana.panels import (
    COUNT,
    GREEN,
    PER_SECOND,
    RED,
    REQUESTS,
    RUPIAH,
    SECONDS,
    SHARE,
    YELLOW,
    Look,
    Query,
    lines,
    stat_of,
    table_of,
)
from grafana.promql import equal, mean, quantile, rate, recorded, select, shared
from grafana.rules.causes import OLDEST_S
from grafana.rules.objectives import BURNS, OBJECTIVES, RATIO, Objective

_HTTP = "wallet_http_request_duration_seconds"
_ANSWERS = _HTTP + "_count"
_FAULTS = 'status=~"5.."'
_NONE_IS_GOOD = ((0, GREEN), (1, RED))
_NONE_IS_BAD = ((0, RED), (1, GREEN))
_LONGEST = BURNS[-1].long


def _kept(objective: Objective) -> str:
    return f"1 - max({recorded(RATIO + _LONGEST, equal('slo', objective.slo))})"


_PROMISES = [
    stat_of(
        title,
        f"The promise: {objective.promise}. The share that kept it in the last {_LONGEST}.",
        Look(
            SHARE,
            ((0, RED), (objective.goal, GREEN)),
            alert=objective.alert,
            width=4,
        ),
        _kept(objective),
    )
    for title, objective in zip(
        ("API availability", "Money routes in 0.5 s", "Settled in 5 s"), OBJECTIVES, strict=True
    )
]

_WELL = [
    *_PROMISES,
    lines(
        "Error budgets burn",
        "How many times faster than allowed each error budget burns, over the last hour. At 1 it lasts"
        " exactly as long as the promise; above 14.4 somebody is paged.",
        Look(COUNT, ((0, GREEN), (1, YELLOW), (14.4, RED)), width=12, alert=OBJECTIVES[0].alert),
        *(
            Query(
                f"max({recorded(RATIO + '1h', equal('slo', one.slo))}) / {one.budget:g}",
                one.slo.replace("_", " "),
            )
            for one in OBJECTIVES
        ),
    ),
    stat_of(
        "API pods",
        "Pods of the API that can be scraped.",
        Look(COUNT, _NONE_IS_BAD, alert="DompetNoApi"),
        f"sum({select('up', equal('job', 'dompet-api'))})",
    ),
    stat_of(
        "Watchers alive",
        "Watchers whose heart beats in the database.",
        Look(COUNT, _NONE_IS_BAD, alert="DompetNoWatcher"),
        shared("wallet_watchers_alive"),
    ),
    stat_of(
        "Primary",
        "Whether every process sees a primary of MongoDB. Without one nothing is written.",
        Look(COUNT, _NONE_IS_BAD, words=((0, "none"), (1, "yes")), alert="DompetNoPrimary"),
        f"min({select('wallet_mongodb_primary')})",
    ),
    stat_of(
        "Queue",
        "Transfers that wait to be executed, parked ones apart.",
        Look(COUNT),
        shared("wallet_transfer_queue_depth"),
    ),
    stat_of(
        "Oldest transfer",
        "How long the oldest transfer in the queue has waited. The promise is 5 s.",
        Look(SECONDS, ((0, GREEN), (5, YELLOW), (OLDEST_S, RED)), alert="DompetTransfersWait"),
        shared("wallet_transfer_oldest_pending_age_seconds"),
    ),
    stat_of(
        "Drift of the books",
        "Balances + money in flight - (top-ups - payments). Anything but 0 is an emergency.",
        Look(
            RUPIAH,
            ((float("-inf"), RED), (0, GREEN), (1, RED)),
            alert="DompetConservationDrift",
        ),
        shared("wallet_conservation_drift_rupiah"),
    ),
    table_of(
        "Alerts",
        "Alerts that fire now, or are about to. Each name is that of its runbook.",
        Look(COUNT, width=24),
        'ALERTS{alertname=~"Dompet.*",namespace=~"$namespace"}',
        ("alertname", "alertstate", "severity", "job", "instance", "window"),
    ),
]

_REQUESTS = [
    lines(
        "Requests",
        "Answered requests by route. Probes are not counted.",
        Look(REQUESTS),
        Query(rate(_ANSWERS, by="method, url_rule"), "{{method}} {{url_rule}}"),
    ),
    lines(
        "Server errors",
        "The share of requests answered with a 5xx, by route. A refusal for a reason is no error.",
        Look(SHARE, ((0, GREEN), (0.001, RED)), alert="DompetApiErrors"),
        Query(
            f"({rate(_ANSWERS, _FAULTS, by='url_rule')} or 0 * {rate(_ANSWERS, by='url_rule')})"
            f" / {rate(_ANSWERS, by='url_rule')}",
            "{{url_rule}}",
        ),
    ),
    lines(
        "Answers by status",
        "Answered requests by HTTP status.",
        Look(REQUESTS, stacked=True),
        Query(rate(_ANSWERS, by="status"), "{{status}}"),
    ),
    lines(
        "Time to answer",
        "Quantiles over all routes.",
        Look(SECONDS, ((0, GREEN), (0.5, RED)), alert="DompetApiSlow"),
        *(Query(quantile(part, _HTTP), f"p{part * 100:g}") for part in (0.5, 0.95, 0.99)),
    ),
    lines(
        "Time to answer, p99 by route",
        "Log in and register hash a PIN: they are meant to take longer.",
        Look(SECONDS),
        Query(quantile(0.99, _HTTP, by="url_rule"), "{{url_rule}}"),
    ),
    lines(
        "Postings by outcome",
        "Top-ups, payments and transfers by what became of them: posted, replayed, or the refusal's code.",
        Look(PER_SECOND, stacked=True),
        Query(rate("wallet_postings_total", by="outcome"), "{{outcome}}"),
    ),
    lines(
        "Logins",
        "By outcome. Many wrong credentials are somebody guessing, or a broken client.",
        Look(PER_SECOND, stacked=True, alert="DompetLoginFailures"),
        Query(rate("wallet_logins_total", by="outcome"), "{{outcome}}"),
    ),
    lines(
        "Locks and limits",
        "Phone numbers locked after five wrong PINs, and requests that a limit turned away: of one address,"
        " or of everybody together.",
        Look(PER_SECOND, alert="DompetLockStorm"),
        Query(rate("wallet_login_locks_total"), "locks"),
        Query(rate("wallet_requests_limited_total", by="door, scope"), "{{door}}, {{scope}}"),
    ),
    lines(
        "Registrations",
        "By outcome.",
        Look(PER_SECOND, stacked=True),
        Query(rate("wallet_registrations_total", by="outcome"), "{{outcome}}"),
    ),
    lines(
        "Refreshes",
        "By outcome. A replayed one is a stolen refresh token, or a client that keeps old ones; its session"
        " was ended.",
        Look(PER_SECOND, stacked=True),
        Query(rate("wallet_refreshes_total", by="outcome"), "{{outcome}}"),
    ),
    lines(
        "Age of the feed of ended sessions",
        "How long ago the pods' workers read which sessions have ended. Above a second they ask the database"
        " at each request, which is as safe, and slower.",
        Look(SECONDS, ((0, GREEN), (1, YELLOW))),
        Query(
            f"time() - min by (instance) ({select('wallet_revocation_feed_timestamp_seconds')})",
            "{{instance}}",
        ),
    ),
    lines(
        "Lookups of sessions and failures of keys",
        "Requests that asked the database whether their session has ended; and reads of the keys of tokens"
        " that failed, while those of before stay.",
        Look(PER_SECOND),
        Query(rate("wallet_revocation_lookups_total"), "lookups"),
        Query(rate("wallet_key_ring_failures_total"), "keys not read"),
    ),
    stat_of(
        "Builds",
        "How many different builds run. More than one is a rollout, or one that got stuck.",
        Look(COUNT, ((0, GREEN), (2, YELLOW)), width=24),
        f"count(count by (version, revision) ({select('wallet_build_info')}))",
    ),
]

_GROUP_COMMIT = [
    lines(
        "Waiting for the group commit",
        "Postings that wait for a transaction; a worker turns away what exceeds 1,000.",
        Look(COUNT, alert="DompetOverloaded"),
        Query(f"sum by (instance) ({select('wallet_group_commit_queue_depth')})", "{{instance}}"),
    ),
    lines(
        "Postings to a transaction",
        "The mean and the 99th percentile. The busier the API, the more share a commit.",
        Look(COUNT),
        Query(mean("wallet_group_commit_batch_postings"), "mean"),
        Query(quantile(0.99, "wallet_group_commit_batch_postings"), "p99"),
    ),
    lines(
        "Time of a group commit",
        "One transaction of the posting engine, its retries included.",
        Look(SECONDS),
        *(
            Query(quantile(part, "wallet_group_commit_seconds"), f"p{part * 100:g}")
            for part in (0.5, 0.95, 0.99)
        ),
    ),
]

_WAITING = [
    lines(
        "Who waits",
        "Clients that wait for a transfer, and that follow their events. Each holds a connection.",
        Look(COUNT, stacked=True, width=12),
        Query(f"sum by (kind) ({select('wallet_waiters')})", "{{kind}}"),
    ),
    lines(
        "How waits end",
        "Waits for transfers by how they ended, and followers turned away. Many whose time is up are"
        " watchers that are late; many turned away are more than WAITERS allows.",
        Look(PER_SECOND, stacked=True, width=12),
        Query(rate("wallet_waits_total", by="outcome"), "{{outcome}}"),
        Query(rate("wallet_waiters_turned_away_total", equal("kind", "events")), "events turned away"),
    ),
    lines(
        "Time to be woken",
        "From the date of a settlement until those who waited for it were woken.",
        Look(SECONDS, width=12),
        *(Query(quantile(part, "wallet_wait_lag_seconds"), f"p{part * 100:g}") for part in (0.5, 0.99)),
    ),
    lines(
        "Their stream",
        "Whether every pod's stream that wakes them is open, or nobody needs it; and how often one was lost."
        " Without it each is told a second later.",
        Look(COUNT, width=12),
        Query(f"min({select('wallet_wait_stream_up')})", "open"),
        Query(rate("wallet_wait_stream_losses_total"), "lost a second"),
    ),
]

BOARD = Board(
    "dompet-overview",
    "Dompet: wallet overview",
    "Is the wallet well? The promises to users, the state of everything, and the API by route.",
    [
        Row("Is it well?", _WELL),
        Row("API", _REQUESTS),
        Row("Group commit", _GROUP_COMMIT),
        Row("Waiting", _WAITING),
    ],
)
