"""The rules of Grafana's dashboard-linter and some of ours, on the JSON that is committed."""

import itertools
import json
import re
import subprocess
import sys

import pytest
import yaml
from boards import ALERT_NAMES, BOARDS, GRAFANA, RECORDED, all_panels, panels, uses
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from grafana.metrics import METRICS

UNITS = {"short", "s", "percentunit", "ops", "reqps", "bytes", "currency:Rp "}
"""Of Grafana's list, and its form for a currency that the list does not have."""

COUNTERS = {one.name for one in METRICS if one.kind == "counter"}
SHARED = {one.name for one in METRICS if one.shared}
GRID_WIDTH = 24

BOARD = pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
PANEL = pytest.mark.parametrize(
    "panel",
    [panel for _, panel in all_panels()],
    ids=[f"{name}-{panel['title']}" for name, panel in all_panels()],
)


def variables(board):
    return {one["name"]: one for one in board["templating"]["list"]}


def selectors(panel):
    return [use for target in panel["targets"] for use in uses(target["expr"])]


def test_what_is_committed_is_what_the_code_makes():
    made = subprocess.run(
        [sys.executable, "-m", "grafana", "--check"],
        cwd=GRAFANA.parent,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (made.returncode, made.stderr) == (0, "")


def test_a_file_that_was_changed_by_hand_is_named(tmp_path):
    command = [sys.executable, "-m", "grafana", "--output", str(tmp_path)]
    subprocess.run(command, cwd=GRAFANA.parent, check=True)
    (tmp_path / "dashboards" / "money.json").write_text("{}")

    made = subprocess.run(
        [*command, "--check"], cwd=GRAFANA.parent, capture_output=True, text=True, check=False
    )

    assert made.returncode == 1
    assert re.findall(r"\S+/(\w+\.json) is out of date", made.stderr) == ["money.json"]


def test_each_dashboard_has_an_address_of_its_own_that_stays():
    assert {name: board["uid"] for name, board in BOARDS.items()} == {
        name: f"dompet-{name}" for name in ("money", "mongodb", "overview", "pipeline")
    }


@BOARD
class TestBoard:
    def test_it_cannot_be_edited_in_the_browser(self, board):
        assert board["editable"] is False

    def test_it_survives_the_models_of_the_sdk(self, board):
        register_default_plugins()

        again = json.loads(json.dumps(Dashboard.from_json(board), cls=JSONEncoder))

        for link in again["links"]:
            assert link.pop("placement") == "inControlsMenu"  # the models know no other place
        assert again == board

    def test_the_data_source_is_chosen_by_the_reader(self, board):
        source = variables(board)["datasource"]
        assert (source["type"], source["query"], source["label"]) == (
            "datasource",
            "prometheus",
            "Data source",
        )

    @pytest.mark.parametrize("name", ["namespace", "job", "instance"])
    def test_its_variables_offer_everything_and_follow_the_time(self, board, name):
        variable = variables(board)[name]
        assert variable["type"] == "query"
        assert variable["datasource"] == {"type": "prometheus", "uid": "$datasource"}
        assert variable["label"] == name.title()
        assert variable["multi"] is variable["includeAll"] is True
        # Where nobody sets a namespace, everything must match nothing, too.
        assert variable["allValue"] == (".*" if name == "namespace" else ".+")
        assert variable["refresh"] == 2

    @pytest.mark.parametrize("name", ["namespace", "job", "instance"])
    def test_its_variables_ask_for_a_series_that_exists(self, board, name):
        series, label = re.fullmatch(
            r"label_values\((.+), (\w+)\)", variables(board)[name]["definition"]
        ).groups()
        assert [use.name for use in uses(series)] == ["wallet_build_info"]
        assert label == name

    def test_no_two_panels_share_an_id_or_a_title(self, board):
        ids = [panel["id"] for panel in board["panels"]]
        titles = [panel["title"] for panel in panels(board)]
        assert 0 not in ids
        assert len(set(ids)) == len(ids)
        assert len(set(titles)) == len(titles)

    def test_panels_lie_beside_each_other_and_on_the_grid(self, board):
        places = [panel["gridPos"] for panel in board["panels"]]
        assert all(place["x"] + place["w"] <= GRID_WIDTH for place in places)
        for one, other in itertools.combinations(places, 2):
            beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
            apart = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
            assert beside or apart, (one, other)

    def test_its_lines_are_full(self, board):
        """No hole where a panel was forgotten."""
        for y, line in itertools.groupby(panels(board), key=lambda panel: panel["gridPos"]["y"]):
            assert sum(panel["gridPos"]["w"] for panel in line) == GRID_WIDTH, f"at {y}"

    def test_it_leads_to_the_other_dashboards_and_to_the_runbooks(self, board):
        others, runbooks = board["links"]
        assert (others["type"], others["tags"], others["keepTime"]) == ("dashboards", board["tags"], True)
        assert runbooks["url"].endswith("/docs/runbooks/README.md")

    def test_new_builds_are_marked(self, board):
        marks = [one for one in board["annotations"]["list"] if one["name"] == "New builds"]
        assert [use.name for use in uses(marks[0]["expr"])] == ["wallet_build_info"] * 2


@PANEL
class TestPanel:
    def test_it_says_what_it_shows(self, panel):
        assert panel["title"]
        assert panel["description"].endswith(".")

    def test_it_has_a_unit(self, panel):
        assert panel["fieldConfig"]["defaults"]["unit"] in UNITS

    def test_everything_comes_from_the_chosen_data_source(self, panel):
        chosen = {"type": "prometheus", "uid": "$datasource"}
        assert panel["datasource"] == chosen
        assert panel["targets"]
        assert all(target["datasource"] == chosen for target in panel["targets"])

    def test_its_thresholds_begin_with_a_base_and_rise(self, panel):
        base, *rest = [step["value"] for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"]]
        assert base is None
        assert rest == sorted(rest)

    def test_it_asks_for_the_chosen_namespace_job_and_instance(self, panel):
        """Recorded series and alerts have no job and no instance of their own."""
        namespace = ("namespace", "Re", "$namespace")
        target = {namespace, ("job", "Re", "$job"), ("instance", "Re", "$instance")}
        for use in selectors(panel):
            asked = {namespace} if use.name in RECORDED | {"ALERTS"} else target
            assert asked <= use.matchers, use

    def test_counters_are_shown_as_rates(self, panel):
        counts = [
            use
            for use in selectors(panel)
            if use.name in COUNTERS or use.name.endswith(("_count", "_sum", "_bucket"))
        ]
        assert all({"rate", "increase"} & set(use.around) for use in counts)

    def test_rates_follow_the_scrape_interval_and_the_zoom(self, panel):
        for target in panel["targets"]:
            ranges = re.findall(r"\[(.*?)]", target["expr"])
            assert set(ranges) <= {"$__rate_interval", "$__range"}

    def test_what_every_watcher_exports_alike_is_not_added_up(self, panel):
        for use in selectors(panel):
            if use.name in SHARED:
                assert "max" in use.around[-1], use

    def test_its_runbook_is_that_of_an_alert(self, panel):
        for link in panel.get("links", []):
            assert re.search(r"/runbooks/(\w+)\.md$", link["url"])[1] in ALERT_NAMES


def test_it_is_a_stat_a_table_lines_or_a_heatmap():
    assert {panel["type"] for _, panel in all_panels()} == {"stat", "table", "timeseries", "heatmap"}


class TestProvisioning:
    def test_files_win_over_the_browser(self):
        provider = yaml.safe_load((GRAFANA / "provisioning/dashboards/dompet.yaml").read_text())["providers"][
            0
        ]
        assert (provider["type"], provider["allowUiUpdates"]) == ("file", False)

    def test_the_sidecar_gets_every_dashboard_under_its_own_file_name(self):
        rendered = subprocess.run(
            ["kubectl", "kustomize", str(GRAFANA)], capture_output=True, text=True, check=True
        ).stdout
        maps = list(yaml.safe_load_all(rendered))

        for one in maps:
            assert one["metadata"]["labels"]["grafana_dashboard"] == "1"
            assert one["metadata"]["annotations"]["grafana_folder"] == "Dompet"
            # kubectl apply keeps a copy in an annotation, and an annotation holds 256 KiB.
            assert len(json.dumps(one)) < 256 * 1024
        assert {one["metadata"]["name"]: list(one["data"]) for one in maps} == {
            f"dompet-dashboard-{name}": [f"dompet-{name}.json"] for name in BOARDS
        }
