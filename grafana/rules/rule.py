"""A recording rule and an alert, as they stand in a rules file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from grafana import addresses
from grafana.rules.pace import Pace

Severity = Literal["page", "ticket"]
"""``page`` wakes somebody now, ``ticket`` waits for the working day."""


@dataclass(frozen=True)
class Recording:
    """A series that is computed ahead, because many questions stand on it."""

    name: str
    expr: str
    labels: Mapping[str, str] = field(default_factory=dict)

    def rule(self, _pace: Pace) -> dict[str, Any]:
        return {"record": self.name, "expr": self.expr} | (
            {"labels": dict(self.labels)} if self.labels else {}
        )


@dataclass(frozen=True)
class Alert:
    """What is wrong, since when it must have been, and where to read on.

    ``hold`` is how long ``expr`` must give something before the alert fires. ``dashboard`` is a uid.
    """

    name: str
    severity: Severity
    expr: str
    hold: str
    summary: str
    description: str
    dashboard: str
    labels: Mapping[str, str] = field(default_factory=dict)

    def rule(self, pace: Pace) -> dict[str, Any]:
        return {
            "alert": self.name,
            "expr": self.expr,
            "for": pace(self.hold),
            "labels": {"severity": self.severity, **self.labels},
            "annotations": {
                "summary": self.summary,
                "description": self.description,
                "runbook_url": addresses.runbook(self.name),
                "dashboard_url": addresses.dashboard(self.dashboard),
            },
        }
