"""Alerts on causes: what will break a promise, or has broken the books."""

from collections.abc import Iterable

from grafana.rules.pace import Pace
from grafana.rules.rule import Alert, Recording

DEPTH = "namespace:wallet_transfer_queue_depth:max"
AGE = "namespace:wallet_transfer_oldest_pending_age_seconds:max"

OLDEST_S = 30
LONGEST_QUEUE = 1_000
STALLED_S = 15
OLDEST_EXPORT_S = 900
STREAM_LAG_S = 10
MISSED_RINGS = 10
SHORTEST_OPLOG_S = 86_400
REFUNDED_SHARE = 0.05
FEWEST_TRANSFERS = 50
STALE_CHECK_S = 6 * 3_600
FAILED_LOGINS_PER_S = 1
FAILED_LOGINS_SHARE = 0.5
MANY_LOCKS = 30

_OVERVIEW, _PIPELINE, _MONEY, _MONGODB = (
    "dompet-overview",
    "dompet-pipeline",
    "dompet-money",
    "dompet-mongodb",
)


def recordings() -> Iterable[Recording]:
    yield Recording(DEPTH, "max by (namespace) (wallet_transfer_queue_depth)")
    yield Recording(AGE, "max by (namespace) (wallet_transfer_oldest_pending_age_seconds)")


def alerts(pace: Pace) -> Iterable[Alert]:
    yield from _processes(pace)
    yield from _queue(pace)
    yield from _exports(pace)
    yield from _stream(pace)
    yield from _books()
    yield from _mongodb(pace)
    yield from _doors(pace)


def _processes(pace: Pace) -> Iterable[Alert]:
    yield Alert(
        "DompetNoWatcher",
        "page",
        _nobody("dompet-watcher", "dompet-api"),
        "1m",
        "No watcher runs: transfers are accepted and not executed",
        "The money is safe in the queue, and nobody brings it to its receivers."
        " The metrics of the queue come from the watchers: they are gone too.",
        _PIPELINE,
    )
    yield Alert(
        "DompetNoApi",
        "page",
        _nobody("dompet-api", "dompet-watcher"),
        "1m",
        "No pod of the API can be scraped: probably none answers",
        "Requests that nobody counts break no error budget: this alert speaks for them.",
        _OVERVIEW,
    )
    yield Alert(
        "DompetTargetDown",
        "ticket",
        'up{job=~"dompet-api|dompet-watcher"} == 0',
        "2m",
        "{{ $labels.job }} {{ $labels.instance }} cannot be scraped",
        "It is dead, frozen or out of reach. The others do its work.",
        _OVERVIEW,
    )
    yield Alert(
        "DompetWatcherStalled",
        "ticket",
        # It falls back to 0 whenever the loop turns once: look at the highest of the last minutes.
        f"max_over_time(wallet_watcher_loop_stalled_seconds[{pace('5m')}]) > {STALLED_S}",
        "0s",
        "The loop of watcher {{ $labels.instance }} stood still",
        "It did not turn for {{ $value | humanizeDuration }}. The other watchers take over what it"
        " should have executed; after 30 s its liveness probe fails.",
        _PIPELINE,
    )


def _nobody(job: str, other: str) -> str:
    """Return an expression that holds where ``other`` is known and no ``job`` is up, or where none is."""
    up = f'up{{job="{job}"}} == 1'
    return (
        f'count by (namespace) (up{{job="{other}"}}) unless on (namespace) count by (namespace) ({up})'
        f" or on () absent({up})"
    )


def _queue(pace: Pace) -> Iterable[Alert]:
    yield Alert(
        "DompetTransfersWait",
        "page",
        f"{AGE} > {OLDEST_S}",
        "1m",
        "A transfer has waited for {{ $value | humanizeDuration }}",
        f"The promise is 5 s. The oldest transfer in the queue has waited for more than {OLDEST_S} s:"
        " watchers run and do not get through, or not to this one.",
        _PIPELINE,
    )
    yield Alert(
        "DompetQueueGrowing",
        "ticket",
        f"{DEPTH} > {LONGEST_QUEUE} and deriv({DEPTH}[{pace('10m')}]) > 0",
        "10m",
        "The queue holds {{ $value | humanize }} transfers and grows",
        "More transfers are accepted than executed: the watchers are too few, too slow or hindered.",
        _PIPELINE,
    )
    yield Alert(
        "DompetTransfersParked",
        "ticket",
        "max by (namespace) (wallet_transfers_parked) > 0",
        "1m",
        "{{ $value }} transfers are parked",
        "Neither credit nor refund was possible. The money waits until an operator decides.",
        _PIPELINE,
    )
    refunded = f'sum by (namespace) (increase(wallet_transfers_total{{outcome="refunded"}}[{pace("30m")}]))'
    ended = (
        f'sum by (namespace) (increase(wallet_transfers_total{{outcome=~"settled|refunded"}}[{pace("30m")}]))'
    )
    yield Alert(
        "DompetManyRefunds",
        "ticket",
        f"{refunded} / {ended} > {REFUNDED_SHARE} and {ended} >= {FEWEST_TRANSFERS}",
        "5m",
        "{{ $value | humanizePercentage }} of transfers are refunded",
        "They were accepted and could not be credited. The reasons are in the table of the dashboard.",
        _PIPELINE,
    )


def _exports(pace: Pace) -> Iterable[Alert]:
    # A month with too many entries for a document is its owner's to ask for as CSV.
    failed = 'wallet_exports_total{outcome="failed",reason!="too_large_for_pdf"}'
    yield Alert(
        "DompetExportsFail",
        "ticket",
        f"sum by (namespace) (increase({failed}[{pace('30m')}])) > 0",
        "0s",
        "{{ $value | humanize }} exports of statements failed for good",
        "They were tried five times. Their owners are told, and can ask again. No money is touched.",
        _PIPELINE,
    )
    yield Alert(
        "DompetExportsWait",
        "ticket",
        f"max by (namespace) (wallet_export_oldest_waiting_age_seconds) > {OLDEST_EXPORT_S}",
        "5m",
        "An export of a statement has waited for {{ $value | humanizeDuration }}",
        "Watchers make one at a time each: they are too few for so many, or the storage is slow.",
        _PIPELINE,
    )


def _stream(pace: Pace) -> Iterable[Alert]:
    yield Alert(
        "DompetStreamLagUnknown",
        "ticket",
        "wallet_watcher_stream_lag_known == 0",
        "2m",
        "Watcher {{ $labels.instance }} does not know how far behind its change stream is",
        "It has not heard from the change stream since it opened it."
        " The sweep finds transfers meanwhile, later.",
        _PIPELINE,
    )
    yield Alert(
        "DompetStreamLag",
        "ticket",
        f"wallet_watcher_stream_lag_seconds > {STREAM_LAG_S}",
        "1m",
        "The change stream of watcher {{ $labels.instance }} is {{ $value | humanizeDuration }} behind",
        "The doorbell rings late or not at all. The sweep finds transfers meanwhile, later.",
        _PIPELINE,
    )
    yield Alert(
        "DompetSweepFinds",
        "ticket",
        f"sum by (namespace) (increase(wallet_watcher_sweep_finds_total[{pace('10m')}])) > {MISSED_RINGS}",
        "0s",
        "The sweep found {{ $value | humanize }} transfers that the change stream did not announce",
        "The doorbell misses arrivals. No money is at risk; transfers take up to a few seconds longer.",
        _PIPELINE,
    )


def _books() -> Iterable[Alert]:
    yield Alert(
        "DompetConservationDrift",
        "page",
        "max by (namespace) (abs(wallet_conservation_drift_rupiah)) > 0",
        "0s",
        "Money was made or lost: the books are off by {{ $value }} rupiah",
        "Balances + money in flight differ from top-ups - payments.",
        _MONEY,
    )
    yield Alert(
        "DompetWalletDrift",
        "page",
        "max by (namespace) (wallet_wallets_drifted) > 0",
        "0s",
        "{{ $value }} wallets disagree with the ledger",
        "A balance or a chain of entries is not what the ledger says.",
        _MONEY,
    )
    age = "min by (namespace) (wallet_drift_check_age_seconds)"
    unchecked = (
        'count by (namespace) (up{job="dompet-watcher"} == 1)'
        " unless on (namespace) count by (namespace) (wallet_drift_check_age_seconds)"
    )
    yield Alert(
        "DompetDriftCheckStale",
        "ticket",
        f"{age} > {STALE_CHECK_S} or {unchecked}",
        "15m",
        "Nobody has compared the wallets with the ledger for long",
        f"The last full pass ended more than {STALE_CHECK_S // 3_600} hours ago, or no watcher checks."
        " Until it does, drift would go unnoticed.",
        _MONEY,
    )


def _mongodb(pace: Pace) -> Iterable[Alert]:
    yield Alert(
        "DompetNoPrimary",
        "page",
        "max by (namespace, job) (wallet_mongodb_primary) == 0",
        "30s",
        "{{ $labels.job }} sees no primary of MongoDB",
        "Nothing can be written: requests get 503, transfers wait.",
        _MONGODB,
    )
    yield Alert(
        "DompetPoolCheckoutFailures",
        "ticket",
        f"sum by (namespace, job) (increase(wallet_mongodb_pool_checkout_failures_total[{pace('5m')}])) > 0",
        "0s",
        "{{ $labels.job }} could not get a connection to MongoDB",
        "The pool was empty for too long, or new connections cannot be made.",
        _MONGODB,
    )
    window = "min by (namespace) (wallet_mongodb_oplog_window_seconds)"
    yield Alert(
        "DompetOplogWindowShort",
        "ticket",
        # A young oplog is short and grows by a second a second. One that is short and does not grow is full.
        f"{window} < {SHORTEST_OPLOG_S} and "
        f"min by (namespace) (deriv(wallet_mongodb_oplog_window_seconds[{pace('1h')}])) < 0.5",
        "30m",
        "The oplog reaches back only {{ $value | humanizeDuration }}",
        "A member of the replica set, or a backup, that is away for longer must start from scratch.",
        _MONGODB,
    )


def _doors(pace: Pace) -> Iterable[Alert]:
    logins = f"sum by (namespace) (rate(wallet_logins_total[{pace('5m')}]))"
    wrong = f'sum by (namespace) (rate(wallet_logins_total{{outcome="wrong_credentials"}}[{pace("5m")}]))'
    yield Alert(
        "DompetLoginFailures",
        "ticket",
        f"{wrong} > {FAILED_LOGINS_PER_S} and {wrong} / {logins} > {FAILED_LOGINS_SHARE}",
        "5m",
        "{{ $value | humanize }} logins a second fail",
        "Most logins have a wrong phone number or PIN: somebody guesses, or a client is broken.",
        _OVERVIEW,
    )
    yield Alert(
        "DompetLockStorm",
        "page",
        f"sum by (namespace) (increase(wallet_login_locks_total[{pace('10m')}])) > {MANY_LOCKS}",
        "0s",
        "{{ $value | humanize }} phone numbers were locked in ten minutes",
        "Somebody tries PINs for many numbers, and locks their owners out: who is signed in already is not"
        " affected, who wants to log in waits.",
        _OVERVIEW,
    )
    yield Alert(
        "DompetOverloaded",
        "ticket",
        f'sum by (namespace) (increase(wallet_postings_total{{outcome="overloaded"}}[{pace("5m")}])) > 0',
        "1m",
        "The API turns postings away because too many wait",
        "{{ $value | humanize }} in the last minutes. Clients get 503 and try again; nothing is lost.",
        _OVERVIEW,
    )
