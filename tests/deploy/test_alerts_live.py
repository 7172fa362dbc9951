"""The proof: real processes, a real Prometheus, real faults, and the alert that tells each of them.

The rules run at 30 times their pace: what takes five minutes by the committed rules takes ten seconds here.
Grafana itself is not run: its queries are sent to Prometheus as it would send them.
"""

import math
import sys
import time
from dataclasses import dataclass

import pytest
import requests
import yaml
from boards import ALERT_NAMES, BOARDS, filled, panel_expressions, uses
from faults import FAULTS, NOT_INFLICTED
from monitoring import TIME_SCALE
from prometheus_client.parser import text_string_to_metric_families
from stand import stand as start_stand
from watching import wait_until

from grafana.metrics import API, METRICS, WATCHER
from grafana.rules.objectives import BURNS, OBJECTIVES
from wallet.embedded.ports import LOOPBACK

LATE_S = 60
"""An alert may fire so long after it is due."""

RESOLVES_WITHIN_S = 150
KNOWN_WITHIN_S = 60
IN_CI = FAULTS[:2]
"""The rest is for ``make alerts-test``."""

EMPTY_WHILE_ALL_IS_WELL = {
    "Alerts": "no alert fires",
    "Top reasons of failure": "nothing has failed",
    "Time of an export": "nobody asks for one",
    "What became of exports": "nobody asks for one",
}

MATCHERS = {"Equal": "=", "NotEqual": "!=", "Re": "=~", "NotRe": "!~"}


@dataclass(frozen=True)
class Measured:
    """What a fault did to an alert, in seconds from the fault and from its mending."""

    fault: str
    alert: str
    due: float
    fired: float
    resolved: float
    also: tuple

    @property
    def line(self):
        seconds = f"{self.due:.0f} | {self.fired:.0f} | {self.resolved:.0f}"
        return f"| {self.fault} | `{self.alert}` | {seconds} | {', '.join(self.also)} |"


@pytest.fixture(scope="module")
def stand(tmp_path_factory):
    with start_stand(tmp_path_factory.mktemp("stand")) as running:
        yield running


@pytest.fixture(scope="module")
def measured():
    """Filled by the tests, and printed as a table at the end."""
    lines = []
    yield lines
    head = (
        "| fault | alert | due, s | fired after, s | resolved after, s | beside |\n|---|---|---|---|---|---|"
    )
    sys.stdout.write("\n".join(["\n", head, *(one.line for one in lines), ""]))


def asked(use):
    """The selector as Prometheus reads it, with everything chosen."""
    matchers = ",".join(
        f'{name}{MATCHERS[operator]}"{value}"' for name, operator, value in sorted(use.matchers)
    )
    return filled(f"{use.name}{{{matchers}}}")


def scaled_rules(stand):
    text = (stand.folder / "rules" / "dompet.rules.yaml").read_text()
    return [rule for group in yaml.safe_load(text)["groups"] for rule in group["rules"]]


def has_value(series):
    return any(not math.isnan(float(one["value"][1])) for one in series)


def families(port):
    text = requests.get(f"http://{LOOPBACK}:{port}/metrics", timeout=5).text
    return {one.name: one for one in text_string_to_metric_families(text) if one.name.startswith("wallet_")}


def exported(stand, job):
    """What the processes of ``job`` export together."""
    return {name: one for port in stand.targets[job] for name, one in families(port).items()}


@pytest.mark.alone
@pytest.mark.timeout(240)
class TestWhileAllIsWell:
    @pytest.mark.parametrize("job", [API, WATCHER])
    def test_what_is_exported_is_what_dashboards_and_rules_know(self, stand, job):
        known = {one.name.removesuffix("_total"): one for one in METRICS if job in one.jobs}
        wait_until(lambda: set(exported(stand, job)) >= set(known), within_s=KNOWN_WITHIN_S)

        found = exported(stand, job)

        assert set(found) == set(known)
        for name, family in found.items():
            labels = {label for sample in family.samples for label in sample.labels} - {"le"}
            assert (family.type, labels) == (known[name].kind, set(known[name].labels)), name

    def test_every_panel_shows_something(self, stand):
        silent = {}

        def all_speak():
            silent.clear()
            for board in BOARDS.values():
                for panel in board["panels"]:
                    for target in panel.get("targets", []):
                        expr = filled(target["expr"], rate="10s", span="1m")
                        if not has_value(stand.monitoring.query(expr)):
                            silent[panel["title"]] = expr
            return set(silent) <= set(EMPTY_WHILE_ALL_IS_WELL)

        try:
            wait_until(all_speak, within_s=KNOWN_WITHIN_S)
        finally:
            assert set(silent) <= set(EMPTY_WHILE_ALL_IS_WELL), silent

    def test_every_series_that_is_asked_for_is_there(self, stand):
        expressions = [*panel_expressions(), *(rule["expr"] for rule in scaled_rules(stand))]
        selectors = {asked(use) for expr in expressions for use in uses(expr) if use.name != "ALERTS"}

        wait_until(lambda: all(map(stand.monitoring.query, selectors)), within_s=KNOWN_WITHIN_S)

    def test_every_recording_records(self, stand):
        for rule in scaled_rules(stand):
            if "record" in rule:
                assert has_value(stand.monitoring.query(rule["record"])), rule["record"]

    def test_variables_of_the_dashboards_offer_what_is_there(self, stand):
        found = stand.monitoring.query("count by (namespace, job) (wallet_build_info)")
        assert {(one["metric"]["namespace"], one["metric"]["job"]) for one in found} == {
            ("dompet", API),
            ("dompet", WATCHER),
        }

    def test_no_alert_fires_or_is_about_to(self, stand):
        wait_until(lambda: stand.monitoring.query("ALERTS") == [], within_s=KNOWN_WITHIN_S)
        assert stand.monitoring.firing() == []


def test_every_alert_has_its_fault_or_a_reason():
    raised = {alert for fault in FAULTS for alert in fault.onset_s}
    assert raised | set(NOT_INFLICTED) == set(ALERT_NAMES)
    assert raised.isdisjoint(NOT_INFLICTED)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "fault",
    [pytest.param(one, id=one.name, marks=[] if one in IN_CI else pytest.mark.alerts) for one in FAULTS],
)
def test_a_fault_is_told_and_its_end_too(stand, measured, fault):
    fired, resolved = {}, {}
    before = names(stand.monitoring.firing())
    began = time.monotonic()
    with fault.inflict(stand):
        for alert in sorted(fault.onset_s, key=fault.due_s):
            limit = fault.due_s(alert) + LATE_S - (time.monotonic() - began)
            wait_until(lambda alert=alert: tells(stand, alert), within_s=limit)
            fired[alert] = time.monotonic() - began
        said = stand.monitoring.firing()
    mended = time.monotonic()
    for alert in fault.onset_s:
        wait_until(lambda alert=alert: not tells(stand, alert), within_s=RESOLVES_WITHIN_S)
        resolved[alert] = time.monotonic() - mended

    assert_readable(said)
    also = tuple(sorted(names(said) - before - set(fault.onset_s)))
    for alert in fault.onset_s:
        measured.append(Measured(fault.name, alert, fault.due_s(alert), fired[alert], resolved[alert], also))


def tells(stand, alert):
    """Of the alerts on a burning budget only the fastest is waited for: the others look back on days."""
    fastest = {"window": BURNS[0].long} if alert in {one.alert for one in OBJECTIVES} else {}
    return stand.monitoring.is_firing(alert, **fastest)


def names(alerts):
    return {one["labels"]["alertname"] for one in alerts}


def assert_readable(alerts):
    """What people will read has no hole where a template failed."""
    for one in alerts:
        text = " ".join(one["annotations"].values())
        assert "<no value>" not in text, text
        assert "<error expanding template" not in text, text
        assert one["labels"]["severity"] in {"page", "ticket"}
        assert one["labels"].get("namespace", "dompet") == "dompet"


def test_the_pace_of_these_tests_leaves_room_for_scrapes():
    assert 5 * 60 * TIME_SCALE >= 10
