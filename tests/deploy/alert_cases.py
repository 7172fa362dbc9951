"""For each alert: histories in which it fires, and such in which it must not.

A history maps series to values in promtool's notation, a sample each 15 s: ``1+0x40`` is 1 for ten minutes.
"""

from dataclasses import dataclass
from typing import NamedTuple

from grafana.rules.objectives import BURNS, FEWEST_EVENTS, OBJECTIVES, Burn, Objective
from grafana.rules.pace import seconds


@dataclass(frozen=True)
class Case:
    """What must and must not be so ``at`` a time after the beginning of the histories."""

    at: str
    fires: tuple[dict[str, str], ...]
    quiet: tuple[dict[str, str], ...]


class Key(NamedTuple):
    """An alert; those of the objectives exist once for each window."""

    alert: str
    window: str = ""


NAMESPACE = 'namespace="dompet"'


def api(name="up", instance="pod-1", more="", namespace=NAMESPACE):
    return f'{name}{{{namespace},job="dompet-api",instance="{instance}"{more}}}'


def watcher(name="up", instance="watcher-1", more="", namespace=NAMESPACE):
    return f'{name}{{{namespace},job="dompet-watcher",instance="{instance}"{more}}}'


def steady(value):
    return f"{value}+0x800"


def rising(per_sample, first=0):
    return f"{first}{per_sample:+}x800"


ON, OFF = steady(1), steady(0)
ELSEWHERE = 'namespace="elsewhere"'


def _shared_gauge(name, bad, good, at="2m"):
    """Two watchers export the same value."""
    return Case(
        at,
        fires=({watcher(name): steady(bad), watcher(name, "watcher-2"): steady(bad)},),
        quiet=({watcher(name): steady(good), watcher(name, "watcher-2"): steady(good)}, {}),
    )


def _transfers(settled, refunded):
    return {
        watcher("wallet_transfers_total", more=',outcome="settled",reason=""'): settled,
        watcher("wallet_transfers_total", more=',outcome="refunded",reason="receiver_not_active"'): refunded,
    }


def _failed_exports(reason):
    return watcher("wallet_exports_total", more=f',format="csv",outcome="failed",reason="{reason}"')


def _logins(success, wrong):
    return {
        api("wallet_logins_total", more=',outcome="success"'): success,
        api("wallet_logins_total", more=',outcome="wrong_credentials"'): wrong,
    }


CAUSES = {
    Key("DompetNoWatcher"): Case(
        "90s",
        fires=(
            {api(): ON, watcher(): OFF},
            {api(): ON},  # in Kubernetes a pod that is gone has no target
            {},
            {api(): ON, watcher(namespace=ELSEWHERE): ON},
        ),
        quiet=(
            {api(): ON, watcher(): ON},
            {api(): ON, watcher(): OFF, watcher(instance="watcher-2"): ON},
            {api(): OFF, watcher(): ON},
            {api(): ON, watcher(): "0+0x2 1+0x40"},
        ),
    ),
    Key("DompetNoApi"): Case(
        "90s",
        fires=({api(): OFF, watcher(): ON}, {watcher(): ON}, {}),
        quiet=({api(): ON, watcher(): ON}, {api(): OFF, api(instance="pod-2"): ON, watcher(): OFF}),
    ),
    Key("DompetTargetDown"): Case(
        "3m",
        fires=({api(): ON, api(instance="pod-2"): OFF}, {watcher(): OFF}),
        quiet=({api(): ON, watcher(): ON}, {api(): "0+0x5 1+0x40"}, {'up{job="something-else"}': OFF}),
    ),
    Key("DompetWatcherStalled"): Case(
        "3m",
        # It turned again after 20 s: a scrape has seen it, the alert must have, too.
        fires=({watcher("wallet_watcher_loop_stalled_seconds"): "0 5 20 0 0 0 0 0 0 0 0 0 0 0"},),
        quiet=({watcher("wallet_watcher_loop_stalled_seconds"): "0 5 9 0 8 0 4 0 9 0 9 0 9 0"},),
    ),
    Key("DompetTransfersWait"): Case(
        "2m",
        fires=(
            {
                watcher("wallet_transfer_oldest_pending_age_seconds"): rising(15, 20),
                watcher("wallet_transfer_oldest_pending_age_seconds", "watcher-2"): steady(0),
            },
        ),
        quiet=(
            {watcher("wallet_transfer_oldest_pending_age_seconds"): steady(29)},
            {watcher("wallet_transfer_oldest_pending_age_seconds"): "40 55 0+0x20"},
        ),
    ),
    Key("DompetQueueGrowing"): Case(
        "21m",
        fires=({watcher("wallet_transfer_queue_depth"): rising(50, 1_000)},),
        quiet=(
            {watcher("wallet_transfer_queue_depth"): rising(-50, 50_000)},
            {watcher("wallet_transfer_queue_depth"): rising(1)},
        ),
    ),
    Key("DompetTransfersParked"): _shared_gauge("wallet_transfers_parked", 1, 0),
    Key("DompetManyRefunds"): Case(
        "40m",
        fires=(_transfers(rising(9), rising(1)),),
        quiet=(
            _transfers(rising(99), rising(1)),
            _transfers(rising(0.1), rising(0.1)),  # half of a dozen are no trend
            _transfers(steady(0), steady(0)),
        ),
    ),
    Key("DompetExportsFail"): Case(
        "40m",
        fires=({_failed_exports("storage_unavailable"): "0+0x60 1+0x100"},),
        quiet=(
            {_failed_exports("storage_unavailable"): steady(3)},  # of yesterday
            {_failed_exports("too_large_for_pdf"): rising(1)},
            {watcher("wallet_exports_total", more=',format="csv",outcome="done",reason=""'): rising(1)},
            {},
        ),
    ),
    Key("DompetExportsWait"): Case(
        "30m",
        fires=(
            {
                watcher("wallet_export_oldest_waiting_age_seconds"): rising(15),
                watcher("wallet_export_oldest_waiting_age_seconds", "watcher-2"): rising(15),
            },
        ),
        quiet=(
            {watcher("wallet_export_oldest_waiting_age_seconds"): steady(600)},
            {watcher("wallet_export_oldest_waiting_age_seconds"): "800+15x10 0+0x200"},
            {},
        ),
    ),
    Key("DompetStreamLagUnknown"): Case(
        "3m",
        fires=(
            {
                watcher("wallet_watcher_stream_lag_known"): OFF,
                watcher("wallet_watcher_stream_lag_known", "watcher-2"): ON,
            },
        ),
        quiet=(
            {watcher("wallet_watcher_stream_lag_known"): ON},
            {watcher("wallet_watcher_stream_lag_known"): "0+0x4 1+0x40"},
        ),
    ),
    Key("DompetStreamLag"): Case(
        "3m",
        fires=({watcher("wallet_watcher_stream_lag_seconds"): rising(15)},),
        quiet=({watcher("wallet_watcher_stream_lag_seconds"): steady(0.5)}, {}),
    ),
    Key("DompetSweepFinds"): Case(
        "12m",
        fires=({watcher("wallet_watcher_sweep_finds_total"): rising(1)},),
        quiet=(
            {watcher("wallet_watcher_sweep_finds_total"): steady(4_000)},
            {watcher("wallet_watcher_sweep_finds_total"): rising(0.1)},
        ),
    ),
    Key("DompetConservationDrift"): Case(
        "30s",
        fires=(
            {watcher("wallet_conservation_drift_rupiah"): steady(1)},
            {watcher("wallet_conservation_drift_rupiah"): steady(-1)},
        ),
        quiet=({watcher("wallet_conservation_drift_rupiah"): OFF}, {}),
    ),
    Key("DompetWalletDrift"): _shared_gauge("wallet_wallets_drifted", 1, 0, at="30s"),
    Key("DompetDriftCheckStale"): Case(
        "30m",
        fires=(
            {watcher(): ON, watcher("wallet_drift_check_age_seconds"): rising(15, 21_000)},
            {watcher(): ON},  # nobody checks
        ),
        quiet=(
            {watcher(): ON, watcher("wallet_drift_check_age_seconds"): steady(7_200)},
            # One of them checks, that is enough.
            {
                watcher(): ON,
                watcher(instance="watcher-2"): ON,
                watcher("wallet_drift_check_age_seconds"): OFF,
            },
        ),
    ),
    Key("DompetNoPrimary"): Case(
        "1m",
        fires=(
            {api("wallet_mongodb_primary"): OFF, watcher("wallet_mongodb_primary"): OFF},
            {api("wallet_mongodb_primary"): OFF, watcher("wallet_mongodb_primary"): ON},
        ),
        quiet=(
            {api("wallet_mongodb_primary"): ON, watcher("wallet_mongodb_primary"): ON},
            {api("wallet_mongodb_primary"): OFF, api("wallet_mongodb_primary", "pod-2"): ON},
            {watcher("wallet_mongodb_primary"): "1 0 1+0x20"},  # an election
        ),
    ),
    Key("DompetPoolCheckoutFailures"): Case(
        "6m",
        fires=({api("wallet_mongodb_pool_checkout_failures_total"): "0+0x10 3+0x40"},),
        quiet=({api("wallet_mongodb_pool_checkout_failures_total"): steady(3)},),
    ),
    Key("DompetOplogWindowShort"): Case(
        "120m",
        fires=({watcher("wallet_mongodb_oplog_window_seconds"): steady(7_200)},),
        quiet=(
            {watcher("wallet_mongodb_oplog_window_seconds"): rising(15)},  # a young one
            {watcher("wallet_mongodb_oplog_window_seconds"): steady(172_800)},
        ),
    ),
    Key("DompetLoginFailures"): Case(
        "11m",
        fires=(_logins(rising(15), rising(45)),),
        quiet=(
            _logins(rising(450), rising(45)),  # a busy morning
            _logins(rising(0), rising(1)),  # one user who has forgotten his PIN
        ),
    ),
    Key("DompetLockStorm"): Case(
        "11m",
        fires=(
            {api("wallet_login_locks_total"): rising(1)},
            {api("wallet_login_locks_total", instance): "0+0x10 20+0x60" for instance in ("pod-1", "pod-2")},
        ),
        quiet=(
            {api("wallet_login_locks_total"): "0+0x10 12+0x60"},  # a few who have forgotten their PINs
            {api("wallet_login_locks_total"): steady(500)},  # a storm of yesterday
            {},
        ),
    ),
    Key("DompetOverloaded"): Case(
        "6m",
        fires=({api("wallet_postings_total", more=',kind="PAYMENT",outcome="overloaded"'): rising(1)},),
        quiet=(
            {api("wallet_postings_total", more=',kind="PAYMENT",outcome="overloaded"'): steady(7)},
            {api("wallet_postings_total", more=',kind="PAYMENT",outcome="insufficient_balance"'): rising(9)},
        ),
    ),
}


def step_s(burn: Burn) -> int:
    """The seconds between samples: four to the short window."""
    return seconds(burn.short) // 4


def burning(objective: Objective, burn: Burn) -> Case:
    """The error budget burns a little faster, or a little slower, than the alert allows."""
    samples = seconds(burn.long) // step_s(burn)
    limit = burn.factor * objective.budget

    def history(share, each=1_000.0, until=samples, then=0.0):
        """``share`` of ``each`` events a sample is bad; after ``until`` samples only ``then`` is."""
        parts = ((share, until), (then, samples - until))
        return _events(objective, [(each * bad, each * (1 - bad), count) for bad, count in parts])

    return Case(
        f"{samples * step_s(burn)}s",
        fires=(history(limit * 1.1), history(1.0)),
        quiet=(
            history(limit * 0.9),
            history(0.0),
            history(1.0, each=0.9 * FEWEST_EVENTS / samples),
            history(limit * 2, until=samples - 6),  # it is over
            {},
        ),
    )


def _events(objective, parts):
    """Series of an objective from (bad, good, samples)."""
    bad, good, total = (_counter([(pick(part), part[2]) for part in parts]) for pick in _PICKS)
    if objective.slo == "api_availability":
        route = ',method="GET",url_rule="/profile"'
        return {
            api("wallet_http_request_duration_seconds_count", more=f'{route},status="200"'): good,
            api("wallet_http_request_duration_seconds_count", more=f'{route},status="503"'): bad,
        }
    if objective.slo == "money_latency":
        name, route = "wallet_http_request_duration_seconds", ',method="POST",url_rule="/pay",status="201"'
        return {
            api(f"{name}_bucket", more=f'{route},le="0.5"'): good,
            api(f"{name}_bucket", more=f'{route},le="+Inf"'): total,
            api(f"{name}_count", more=route): total,
        }
    name = "wallet_transfer_settle_seconds"
    return {
        watcher(f"{name}_bucket", more=',le="5.0"'): good,
        watcher(f"{name}_bucket", more=',le="+Inf"'): total,
        watcher(f"{name}_count"): total,
    }


_PICKS = (lambda part: part[0], lambda part: part[1], lambda part: part[0] + part[1])


def _counter(parts):
    """A counter that grows by each of ``parts``, (step, samples), in turn."""
    value, said = 0.0, ["0"]
    for step, samples in parts:
        if samples:
            said.append(f"{value + step:.4f}+{step:.4f}x{samples - 1}")
        value += step * samples
    return " ".join(said)


OF_OBJECTIVES = {
    Key(objective.alert, burn.long): burning(objective, burn) for objective in OBJECTIVES for burn in BURNS
}

CASES = CAUSES | OF_OBJECTIVES
