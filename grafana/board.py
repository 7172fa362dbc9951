"""A dashboard from its rows: places, ids, variables, links and the marks of new builds."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders.dashboard import (
    AnnotationQuery,
    Dashboard,
    DashboardLink,
    DatasourceVariable,
    QueryVariable,
)
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models.dashboard import GridPos, Panel, RowPanel

from grafana.addresses import DOCS
from grafana.panels import SOURCE
from grafana.promql import select

_TAG = "dompet"
_COLUMNS = 24
_BUILDS = f"count by (version, revision) ({select('wallet_build_info')}"
_NEW_BUILDS = f"{_BUILDS}) unless {_BUILDS} offset 5m)"


@dataclass(frozen=True)
class Row:
    """A title and the panels below it, from left to right and on into the next line."""

    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True)
class Board:
    """What a dashboard says of itself, and its rows."""

    uid: str
    title: str
    description: str
    rows: Sequence[Row]

    def json(self) -> str:
        """Return the file that Grafana reads."""
        return json.dumps(self._build(), cls=JSONEncoder, indent=2, sort_keys=True) + "\n"

    def _build(self) -> models.Dashboard:
        built = (
            Dashboard(self.title)
            .uid(self.uid)
            .description(self.description)
            .tags([_TAG])
            .readonly()
            .timezone("browser")
            .time("now-1h", "now")
            .refresh("30s")
            .tooltip(models.DashboardCursorSync.CROSSHAIR)
            .links([_others(), _runbooks()])
            .annotation(_new_builds())
            .variables([_source(), _variable("namespace", "Namespace", "wallet_build_info", ".*")])
        )
        chosen = 'wallet_build_info{namespace=~"$namespace"}'
        built.with_variable(_variable("job", "Job", chosen, ".+"))
        chosen = 'wallet_build_info{namespace=~"$namespace",job=~"$job"}'
        built.with_variable(_variable("instance", "Instance", chosen, ".+"))
        board = built.build()
        board.panels = list(_placed(self.rows))
        for link in board.links or []:
            link.placement = None  # type: ignore[assignment] # the SDK would hide it in a menu
        return board


def _placed(rows: Iterable[Row]) -> Iterable[Panel | RowPanel]:
    """Give everything its id and its place, with no gap and no overlap."""
    ids = iter(range(1, 1_000))
    y = 0
    for row in rows:
        yield RowPanel(title=row.title, id_val=next(ids), grid_pos=GridPos(h=1, w=_COLUMNS, x=0, y=y))
        y += 1
        x = height = 0
        for panel in row.panels:
            size = panel.grid_pos or GridPos()
            if x + size.w > _COLUMNS:
                x, y, height = 0, y + height, 0
            panel.id_val = next(ids)
            panel.grid_pos = GridPos(h=size.h, w=size.w, x=x, y=y)
            x, height = x + size.w, max(height, size.h)
            yield panel
        y += height


def _source() -> DatasourceVariable:
    return DatasourceVariable("datasource").label("Data source").type("prometheus")


def _variable(name: str, label: str, series: str, everything: str) -> QueryVariable:
    query = f"label_values({series}, {name})"
    return (
        QueryVariable(name)
        .label(label)
        .datasource(SOURCE)
        .query({"query": query, "refId": f"variable-{name}", "qryType": 1})
        .definition(query)
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(everything)
        .current(models.VariableOption(selected=True, text="All", value="$__all"))
    )


def _others() -> DashboardLink:
    return (
        DashboardLink("Dompet")
        .type(models.DashboardLinkType.DASHBOARDS)
        .tags([_TAG])
        .include_vars(True)
        .keep_time(True)
    )


def _runbooks() -> DashboardLink:
    return DashboardLink("Runbooks").url(f"{DOCS}/runbooks/README.md").icon("doc").target_blank(True)


def _new_builds() -> AnnotationQuery:
    return (
        AnnotationQuery()
        .name("New builds")
        .datasource(SOURCE)
        .enable(True)
        .icon_color("blue")
        .expr(_NEW_BUILDS)
        .title_format("{{version}} {{revision}}")
        .step("60s")
    )
