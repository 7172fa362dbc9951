"""The committed dashboards as they would reach Grafana, and the committed rules as they would Prometheus."""

import json
from dataclasses import dataclass
from pathlib import Path

import promql_parser as promql
import yaml

GRAFANA = Path(__file__).parents[2] / "grafana"
BOARDS = {path.stem: json.loads(path.read_text()) for path in sorted((GRAFANA / "dashboards").glob("*.json"))}
RULES_FILE = GRAFANA / "rules" / "dompet.rules.yaml"
RULES = [rule for group in yaml.safe_load(RULES_FILE.read_text())["groups"] for rule in group["rules"]]
ALERTS = [rule for rule in RULES if "alert" in rule]
ALERT_NAMES = sorted({rule["alert"] for rule in ALERTS})
RECORDED = {rule["record"] for rule in RULES if "record" in rule}

_PARTS = ("lhs", "rhs", "expr", "vector_selector", "param")


@dataclass(frozen=True)
class Use:
    """A selector in an expression: the series, its matchers, and the functions around it, outermost first."""

    name: str
    matchers: frozenset
    around: tuple


def panels(board):
    """The panels of a dashboard without its rows."""
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def all_panels():
    return [(name, panel) for name, board in BOARDS.items() for panel in panels(board)]


def panel_expressions():
    return [target["expr"] for _, panel in all_panels() for target in panel["targets"]]


def filled(expr, *, rate="5m", span="1h"):
    """The expression as Grafana would send it, with everything chosen."""
    for variable, value in {
        "$__rate_interval": rate,
        "$__range": span,
        "$namespace": ".*",
        "$job": ".+",
        "$instance": ".+",
    }.items():
        expr = expr.replace(variable, value)
    return expr


def uses(expr):
    """Every selector of an expression, or the parser's error."""
    # Only the durations: the parser must know them, and the matchers are looked at as they are.
    text = expr.replace("$__rate_interval", "5m").replace("$__range", "1h")
    return list(_walk(promql.parse(text), ()))


def _walk(node, around):
    if isinstance(node, promql.VectorSelector):
        matchers = frozenset(
            (one.name, str(one.op).split(".")[-1], one.value) for one in node.matchers.matchers
        )
        yield Use(node.name, matchers, around)
        return
    if isinstance(node, promql.Call):
        for argument in node.args:
            yield from _walk(argument, (*around, node.func.name))
        return
    if isinstance(node, promql.AggregateExpr):
        around = (*around, str(node.op))
    for part in _PARTS:
        child = getattr(node, part, None)
        if child is not None:
            yield from _walk(child, around)
