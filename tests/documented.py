"""The tables of metrics in docs/operations.md, and the same of what a process exports."""

import re
from dataclasses import dataclass
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

PAGE = Path(__file__).parents[1] / "docs" / "operations.md"

_ROW = re.compile(r"^\| `(wallet_\w+)` \| (\w+) \|([^|]*)\|", re.MULTILINE)
_OF_THE_FORMAT = {"le"}


@dataclass(frozen=True, order=True)
class Metric:
    name: str
    type: str
    labels: frozenset[str] | None
    """None where there is no sample to tell."""


def documented(*sections: str) -> dict[str, Metric]:
    """Return the metrics in the tables under these headings, by name."""
    text = PAGE.read_text()
    rows = [row for heading in sections for row in _ROW.findall(_section(text, heading))]
    return {
        name: Metric(name, kind, frozenset(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows
    }


def _section(text: str, heading: str) -> str:
    (section,) = re.findall(rf"^### {heading}\n(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    return section


def exported(page: str) -> dict[str, Metric]:
    """Return the wallet's metrics in the text of a scrape, by name."""
    found = {}
    for family in text_string_to_metric_families(page):
        if family.name.startswith("wallet_"):
            name = f"{family.name}_total" if family.type == "counter" else family.name
            labels = {label for sample in family.samples for label in sample.labels} - _OF_THE_FORMAT
            found[name] = Metric(name, family.type, frozenset(labels) if family.samples else None)
    return found
