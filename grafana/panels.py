"""Panels with what each must have: a title, a description, a unit, a size and the templated data source."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from grafana_foundation_sdk.builders import common, heatmap, prometheus, stat, table, timeseries
from grafana_foundation_sdk.builders.dashboard import DashboardLink, ThresholdsConfig
from grafana_foundation_sdk.models import common as models
from grafana_foundation_sdk.models.common import DataSourceRef
from grafana_foundation_sdk.models.dashboard import (
    DataTransformerConfig,
    GridPos,
    Panel,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMapping,
    ValueMappingResult,
)
from grafana_foundation_sdk.models.heatmap import HeatmapColorMode
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from grafana.addresses import runbook

SOURCE = DataSourceRef(type_val="prometheus", uid="$datasource")

COUNT = "short"
SECONDS = "s"
SHARE = "percentunit"
PER_SECOND = "ops"
REQUESTS = "reqps"
RUPIAH = "currency:Rp "
BYTES = "bytes"

GREEN, YELLOW, RED = "green", "#EAB839", "red"

_WIDTHS = {"stat": 4, "lines": 8, "heat": 8, "table": 12}
_HEIGHTS = {"stat": 4, "lines": 8, "heat": 8, "table": 8}


@dataclass(frozen=True)
class Query:
    """An expression and the legend of its series."""

    expr: str
    legend: str = ""


@dataclass(frozen=True)
class Look:
    """How a value is shown.

    ``steps`` are (from, colour): the first one's colour holds below the second one's value. ``words`` are
    shown in place of values. ``alert`` names the alert whose runbook the panel links to.
    """

    unit: str
    steps: Sequence[tuple[float, str]] = ()
    words: Sequence[tuple[float, str]] = ()
    alert: str = ""
    width: int = 0
    lowest: float | None = 0
    stacked: bool = False


def stat_of(title: str, description: str, look: Look, expr: str) -> Panel:
    """One number, now."""
    panel = _dressed(stat.Panel(), title, description, look)
    return _sized(
        panel.with_target(_instant(Query(expr, title), "A"))
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .color_mode(models.BigValueColorMode.BACKGROUND if look.steps else models.BigValueColorMode.NONE)
        .graph_mode(models.BigValueGraphMode.NONE)
        .build(),
        "stat",
        look,
    )


def lines(title: str, description: str, look: Look, *queries: Query) -> Panel:
    """Series over time; the thresholds are drawn as lines."""
    panel = _dressed(timeseries.Panel(), title, description, look)
    for name, query in zip("ABCDEFGH", queries, strict=False):
        panel.with_target(_over_time(query, name))
    if look.steps:
        panel.thresholds_style(
            common.GraphThresholdsStyleConfig().mode(models.GraphThresholdsStyleMode.DASHED)
        )
    if look.stacked:
        panel.stacking(common.StackingConfig().mode(models.StackingMode.NORMAL)).fill_opacity(30)
    if look.lowest is not None:
        panel.axis_soft_min(look.lowest)
    panel.show_points(models.VisibilityMode.NEVER)
    panel.legend(
        common.VizLegendOptions()
        .display_mode(models.LegendDisplayMode.LIST)
        .placement(models.LegendPlacement.BOTTOM)
        .show_legend(True)
    )
    panel.tooltip(common.VizTooltipOptions().mode(models.TooltipDisplayMode.MULTI))
    return _sized(panel.build(), "lines", look)


def heat(title: str, description: str, look: Look, expr: str) -> Panel:
    """A histogram over time; ``expr`` gives its buckets by ``le``."""
    panel = _dressed(heatmap.Panel(), title, description, look)
    query = _over_time(Query(expr, "{{le}}"), "A").format(PromQueryFormat.HEATMAP)
    return _sized(
        panel.with_target(query)
        .calculate(False)
        .color(heatmap.HeatmapColorOptions().mode(HeatmapColorMode.SCHEME).scheme("Oranges"))
        .y_axis(heatmap.YAxisConfig().unit(look.unit))
        .build(),
        "heat",
        look,
    )


def table_of(title: str, description: str, look: Look, expr: str, columns: Sequence[str]) -> Panel:
    """A row for each series, with the labels ``columns`` and the value."""
    panel = _dressed(table.Panel(), title, description, look)
    query = _instant(Query(expr), "A").format(PromQueryFormat.TABLE)
    order = {name: place for place, name in enumerate((*columns, "Value"))}
    keep = DataTransformerConfig(
        id_val="filterFieldsByName", options={"include": {"names": [*columns, "Value"]}}
    )
    arrange = DataTransformerConfig(
        id_val="organize", options={"indexByName": order, "renameByName": {"Value": "value"}}
    )
    return _sized(
        panel.with_target(query).with_transformation(keep).with_transformation(arrange).build(),
        "table",
        look,
    )


def _dressed(panel: Any, title: str, description: str, look: Look) -> Any:
    # The builders of the SDK share no base class, only these methods.
    panel.title(title).description(description).datasource(SOURCE).unit(look.unit)
    # The SDK shows a threshold at 80 by default: whoever has none must say so.
    panel.thresholds(_thresholds(look.steps or [(0, GREEN)]))
    if look.words:
        panel.mappings([_words(look.words)])
    if look.alert:
        panel.links([DashboardLink("Runbook").url(runbook(look.alert)).target_blank(True)])
    return panel


def _thresholds(steps: Sequence[tuple[float, str]]) -> ThresholdsConfig:
    (_, base), *rest = steps
    marks = [Threshold(value=None, color=base), *(Threshold(value, color) for value, color in rest)]
    return ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(marks)


def _words(words: Sequence[tuple[float, str]]) -> ValueMapping:
    return ValueMap(
        {
            f"{value:g}": ValueMappingResult(text=text, index=place)
            for place, (value, text) in enumerate(words)
        }
    )


def _over_time(query: Query, ref: str) -> prometheus.Dataquery:
    return _query(query, ref).range()


def _instant(query: Query, ref: str) -> prometheus.Dataquery:
    return _query(query, ref).instant()


def _query(query: Query, ref: str) -> prometheus.Dataquery:
    built = prometheus.Dataquery().expr(query.expr).ref_id(ref).datasource(SOURCE)
    return built.legend_format(query.legend) if query.legend else built


def _sized(panel: Panel, shape: str, look: Look) -> Panel:
    panel.grid_pos = GridPos(h=_HEIGHTS[shape], w=look.width or _WIDTHS[shape])
    return panel
