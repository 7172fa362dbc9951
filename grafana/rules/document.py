"""The rules as the files that Prometheus and its operator read."""

from typing import Any

import yaml

from grafana.rules import causes, objectives
from grafana.rules.pace import Pace
from grafana.rules.rule import Alert, Recording

_HEAD = "# Made by `python -m grafana`. Change grafana/rules/*.py, not this file.\n"


def alerts(pace: Pace) -> list[Alert]:
    return [*objectives.alerts(), *causes.alerts(pace)]


def rules(pace: Pace) -> str:
    """Return a rules file."""
    return _yaml(_groups(pace))


def custom_resource(pace: Pace) -> str:
    """Return the same for the Prometheus operator."""
    return _yaml(
        {
            "apiVersion": "monitoring.coreos.com/v1",
            "kind": "PrometheusRule",
            "metadata": {"name": "dompet", "labels": {"app.kubernetes.io/part-of": "dompet"}},
            "spec": _groups(pace),
        }
    )


def _groups(pace: Pace) -> dict[str, Any]:
    parts: dict[str, list[Alert | Recording]] = {
        "dompet-objectives": [*objectives.recordings(pace), *objectives.alerts()],
        "dompet-causes": [*causes.recordings(), *causes.alerts(pace)],
    }
    return {
        "groups": [
            {"name": name, "rules": [one.rule(pace) for one in contents]} for name, contents in parts.items()
        ]
    }


def _yaml(document: dict[str, Any]) -> str:
    return _HEAD + yaml.safe_dump(document, sort_keys=False, width=110, allow_unicode=True)
