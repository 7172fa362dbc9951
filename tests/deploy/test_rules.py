"""The rules, as promtool sees them: each alert fires when it must, and does not when it must not."""

import json
import subprocess
from itertools import groupby
from urllib.parse import urlparse

import pytest
import yaml
from alert_cases import CASES, CAUSES, OF_OBJECTIVES, Key, step_s
from boards import ALERTS, BOARDS, GRAFANA, RECORDED, RULES, RULES_FILE, uses

from grafana.rules.document import rules
from grafana.rules.objectives import BURNS
from grafana.rules.pace import Pace

CAUSE_STEP_S = 15


def promtool(*arguments):
    return subprocess.run(["promtool", *arguments], capture_output=True, text=True, check=False)


def assert_well(finished):
    assert finished.returncode == 0, finished.stdout + finished.stderr


def key(rule):
    return Key(rule["alert"], rule["labels"].get("window", ""))


def write_tests(folder, group, cases, step_s):
    """Write a test for each history of ``cases``, over the one group of rules that they are about."""
    groups = yaml.safe_load(RULES_FILE.read_text())["groups"]
    rules_file, path = folder / "rules.yaml", folder / "tests.yaml"
    rules_file.write_text(json.dumps({"groups": [one for one in groups if one["name"] == group]}))
    tests = [
        _test(one, history, case.at, fires)
        for one, case in cases.items()
        for fires, histories in ((1, case.fires), (0, case.quiet))
        for history in histories
    ]
    document = {"rule_files": [str(rules_file)], "evaluation_interval": f"{step_s}s"}
    path.write_text(json.dumps(document | {"tests": [{"interval": f"{step_s}s"} | test for test in tests]}))
    return str(path)


def _test(one, history, at, fires):
    window = f',window="{one.window}"' if one.window else ""
    firing = f'ALERTS{{alertname="{one.alert}",alertstate="firing"{window}}}'
    return {
        "name": f"{one.alert} {one.window} {'fires' if fires else 'is quiet'}: {history}"[:300],
        "input_series": [{"series": series, "values": values} for series, values in history.items()],
        "promql_expr_test": [
            {
                "expr": f"(count({firing}) or vector(0)) > bool 0",
                "eval_time": at,
                "exp_samples": [{"labels": "{}", "value": fires}],
            }
        ],
    }


def test_the_rules_are_right_in_form():
    assert_well(promtool("check", "rules", str(RULES_FILE)))


def test_each_alert_has_a_history_in_which_it_fires_and_one_in_which_it_is_quiet():
    assert {key(rule) for rule in ALERTS} == set(CASES)
    assert len(ALERTS) == len(CASES)
    assert all(case.fires and case.quiet for case in CASES.values())


@pytest.mark.parametrize("alert", [pytest.param(one, id=one.alert) for one in CAUSES])
def test_a_cause_fires_and_is_quiet(alert, tmp_path):
    tests = write_tests(tmp_path, "dompet-causes", {alert: CAUSES[alert]}, CAUSE_STEP_S)

    assert_well(promtool("test", "rules", tests))


@pytest.mark.parametrize("burn", BURNS, ids=lambda burn: burn.long)
def test_a_burning_budget_fires_and_is_quiet(burn, tmp_path):
    cases = {one: case for one, case in OF_OBJECTIVES.items() if one.window == burn.long}
    tests = write_tests(tmp_path, "dompet-objectives", cases, step_s(burn))

    assert_well(promtool("test", "rules", tests))


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: "-".join(key(rule)).strip("-"))
class TestAlert:
    def test_it_says_how_urgent_it_is(self, rule):
        assert rule["labels"]["severity"] in {"page", "ticket"}

    def test_it_says_what_is_wrong_and_where_to_read_on(self, rule):
        said = rule["annotations"]
        assert set(said) == {"summary", "description", "runbook_url", "dashboard_url"}
        assert all(said.values())
        assert urlparse(said["runbook_url"]).path.endswith(f"/runbooks/{rule['alert']}.md")
        uid = urlparse(said["dashboard_url"]).path.removeprefix("/d/")
        assert uid in {board["uid"] for board in BOARDS.values()}


def test_an_alert_of_one_name_is_urgent_by_its_window_only():
    for _, rules_of_one in groupby(ALERTS, key=lambda rule: rule["alert"]):
        windows = [rule["labels"].get("window") for rule in rules_of_one]
        assert len(set(windows)) == len(windows)


def test_what_is_recorded_keeps_the_namespace():
    """Two wallets on one Prometheus must not be mixed."""
    for rule in RULES:
        if rule.get("record"):
            assert rule["record"].startswith("namespace:")
            assert "by (namespace)" in rule["expr"]


def test_what_is_recorded_is_recorded_before_it_is_asked_for():
    """Within a group, so that an alert is not an evaluation late."""
    for group in yaml.safe_load(RULES_FILE.read_text())["groups"]:
        so_far = set()
        for rule in group["rules"]:
            asked = {use.name for use in uses(rule["expr"])} & RECORDED
            assert asked <= so_far
            so_far.add(rule.get("record"))


def test_the_operator_gets_the_same_rules():
    resource = yaml.safe_load((GRAFANA / "rules" / "operator" / "prometheusrule.yaml").read_text())
    assert resource["kind"] == "PrometheusRule"
    assert resource["spec"] == yaml.safe_load(RULES_FILE.read_text())


def test_a_scaled_pace_shortens_every_duration_and_nothing_else():
    """So that what the live tests prove is what is committed."""
    slow, fast = rules(Pace()), rules(Pace(1 / 30))
    for duration, shorter in {"3d": 8_640_000, "1d": 2_880_000, "6h": 720_000, "1h": 120_000}.items():
        slow = slow.replace(f"[{duration}]", f"[{shorter}ms]")
    for minutes in (30, 10, 5, 2):
        slow = slow.replace(f"[{minutes}m]", f"[{minutes * 2_000}ms]")
    slow = slow.replace("[2h]", "[240000ms]")
    for hold, shorter in {"1m": 2_000, "2m": 4_000, "5m": 10_000, "10m": 20_000, "15m": 30_000}.items():
        slow = slow.replace(f"for: {hold}\n", f"for: {shorter}ms\n")
    slow = slow.replace("for: 30m\n", "for: 60000ms\n").replace("for: 30s\n", "for: 1000ms\n")
    slow = slow.replace("for: 0s\n", "for: 0ms\n")
    assert _meaning(slow) == _meaning(fast)


def _meaning(text):
    return yaml.safe_load(text)
