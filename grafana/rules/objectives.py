"""The promises to users, and the alerts that tell when their error budget burns too fast.

Every recording and every alert is made of the two tables below. The method is that of the SRE workbook,
"Alerting on SLOs": a long window says that it matters, a short one that it still goes on.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from grafana.rules.pace import Pace
from grafana.rules.rule import Alert, Recording, Severity

RATIO = "namespace:wallet_slo_errors:ratio_rate"
EVENTS = "namespace:wallet_slo_events:increase"
"""The window is appended to both names, the objective is their label ``slo``."""

FEWEST_EVENTS = 100
"""In the long window. With fewer, one unlucky request would be an emergency."""

_REQUESTS = 'wallet_http_request_duration_seconds_{part}{{job="dompet-api"{more}}}'
_MONEY = ',method="POST",url_rule=~"/topup|/pay|/transfer",status!~"5.."'


@dataclass(frozen=True)
class Objective:
    """A promise: the share ``goal`` of ``total`` is good. Counters; one of ``bad`` and ``good`` is given."""

    slo: str
    alert: str
    goal: float
    promise: str
    dashboard: str
    total: str
    bad: str = ""
    good: str = ""

    @property
    def budget(self) -> float:
        return round(1 - self.goal, 6)


@dataclass(frozen=True)
class Burn:
    """How many times too fast the budget burns over both windows."""

    factor: float
    long: str
    short: str
    severity: Severity


OBJECTIVES = (
    Objective(
        "api_availability",
        "DompetApiErrors",
        0.999,
        "99.9% of requests are answered without a server error",
        "dompet-overview",
        # What the wallet refuses for a reason (an empty balance, a wrong PIN) is an answer, not an error.
        total=_REQUESTS.format(part="count", more=""),
        bad=_REQUESTS.format(part="count", more=',status=~"5.."'),
    ),
    Objective(
        "money_latency",
        "DompetApiSlow",
        0.99,
        "99% of top-ups, payments and transfers are answered within 0.5 s",
        "dompet-overview",
        total=_REQUESTS.format(part="count", more=_MONEY),
        good=_REQUESTS.format(part="bucket", more=_MONEY + ',le="0.5"'),
    ),
    Objective(
        "settled_in_time",
        "DompetTransfersSlow",
        0.999,
        "99.9% of transfers are settled or refunded within 5 s",
        "dompet-pipeline",
        total='wallet_transfer_settle_seconds_count{job="dompet-watcher"}',
        good='wallet_transfer_settle_seconds_bucket{job="dompet-watcher",le="5.0"}',
    ),
)

BURNS = (
    Burn(14.4, "1h", "5m", "page"),
    Burn(6, "6h", "30m", "page"),
    Burn(3, "1d", "2h", "ticket"),
    Burn(1, "3d", "6h", "ticket"),
)

WINDOWS = tuple(dict.fromkeys(window for burn in BURNS for window in (burn.short, burn.long)))
LONG_WINDOWS = tuple(burn.long for burn in BURNS)


def recordings(pace: Pace) -> Iterable[Recording]:
    for objective in OBJECTIVES:
        labels = {"slo": objective.slo}
        for window in WINDOWS:
            yield Recording(RATIO + window, _ratio(objective, pace(window)), labels)
        for window in LONG_WINDOWS:
            events = f"sum by (namespace) (increase({objective.total}[{pace(window)}]))"
            yield Recording(EVENTS + window, events, labels)


def alerts() -> Iterable[Alert]:
    for objective in OBJECTIVES:
        for burn in BURNS:
            yield _alert(objective, burn)


def _ratio(objective: Objective, window: str) -> str:
    total = f"sum by (namespace) (rate({objective.total}[{window}]))"
    if objective.good:
        return f"1 - sum by (namespace) (rate({objective.good}[{window}])) / {total}"
    # Before the first error there is no series of errors: that is no error, not no answer.
    return f"(sum by (namespace) (rate({objective.bad}[{window}])) or 0 * {total}) / {total}"


def _alert(objective: Objective, burn: Burn) -> Alert:
    only = f'{{slo="{objective.slo}"}}'
    limit = f"{round(burn.factor * objective.budget, 6):g}"
    return Alert(
        name=objective.alert,
        severity=burn.severity,
        expr=(
            f"{RATIO}{burn.long}{only} > {limit} and {RATIO}{burn.short}{only} > {limit}"
            f" and {EVENTS}{burn.long}{only} >= {FEWEST_EVENTS}"
        ),
        hold="0s",
        summary=f"The error budget burns {burn.factor:g} times too fast over {burn.long}",
        description=(
            f"The promise is that {objective.promise}. Over the last {burn.long}"
            " {{ $value | humanizePercentage }} did not keep it."
        ),
        dashboard=objective.dashboard,
        labels={"window": burn.long},
    )
