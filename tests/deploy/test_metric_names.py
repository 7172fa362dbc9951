"""Dashboards and rules ask for what is exported, and what is exported is asked for."""

from boards import RECORDED, RULES, panel_expressions, uses

from grafana.metrics import METRICS

SERIES = {series: metric for metric in METRICS for series in metric.series}
NOT_OURS = {"up", "ALERTS", "process_resident_memory_bytes"}
"""Made by Prometheus, or by its client for every process."""


def everything_asked():
    expressions = [*panel_expressions(), *(rule["expr"] for rule in RULES)]
    return [use for expr in expressions for use in uses(expr)]


def test_every_series_that_is_asked_for_is_exported_or_recorded():
    asked = {use.name for use in everything_asked()}
    assert asked - NOT_OURS - RECORDED - set(SERIES) == set()


def test_every_label_that_is_asked_for_exists():
    beside = {"namespace", "job", "instance", "le"}
    for use in everything_asked():
        if use.name in SERIES:
            asked = {name for name, _, _ in use.matchers}
            assert asked <= beside | set(SERIES[use.name].labels), use


def test_every_job_that_is_asked_for_exports_the_series():
    for use in everything_asked():
        jobs = [value for name, operator, value in use.matchers if (name, operator) == ("job", "Equal")]
        if use.name in SERIES:
            assert set(jobs) <= set(SERIES[use.name].jobs), use


def test_every_exported_metric_is_shown_somewhere():
    asked = {SERIES[use.name].name for use in everything_asked() if use.name in SERIES}
    assert {metric.name for metric in METRICS} - asked == set()


def test_every_recorded_series_is_asked_for():
    asked = {use.name for use in everything_asked()}
    assert asked >= RECORDED
