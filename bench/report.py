"""A run as a table for people and as JSON for programs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.case import Outcome, Status
from bench.figure import Figure, Unit

_DIGITS = 4
_WIDTH = 120
"""Of the table where nobody tells how wide the page is."""


@dataclass(frozen=True, slots=True)
class Run:
    scale: str
    machine: Mapping[str, Any]
    outcomes: Sequence[Outcome]

    @property
    def failed(self) -> bool:
        return any(outcome.status is Status.FAILED for outcome in self.outcomes)


def yardstick_of(outcomes: Sequence[Outcome]) -> float | None:
    """Return N, the one figure of the first case; ``None`` when it could not be measured."""
    return next((figure.value for figure in outcomes[0].figures), None)


def figure_line(figure: Figure, yardstick: float | None) -> str:
    cells = (
        figure.name,
        amount(figure.value, figure.unit),
        ratio(figure, yardstick),
        verdict(figure, yardstick),
    )
    return "  ".join(filter(None, cells))


def amount(value: float, unit: Unit) -> str:
    return f"{significant(value)} {unit}"


def ratio(figure: Figure, yardstick: float | None) -> str:
    found = figure.ratio_to(yardstick)
    if found is None:
        return ""
    return f"{significant(found)} {'N' if figure.unit is Unit.RATE else '/ N'}"


def verdict(figure: Figure, yardstick: float | None) -> str:
    met = figure.meets_goal(yardstick)
    if met is None:
        return ""
    return f"{figure.goal} {'met' if met else 'MISSED'}"


def significant(value: float) -> str:
    """Return ``value`` with three digits, or with all those before the point."""
    digits_before = len(str(int(abs(value))))
    return f"{value:,.{max(0, 3 - digits_before)}f}"


def print_table(run: Run) -> None:
    console = Console() if Console().is_terminal else Console(width=_WIDTH)
    console.print(_table(run))
    for outcome in run.outcomes:
        if outcome.message:
            console.print(
                f"{outcome.case.name}: {outcome.status}: {outcome.message}", markup=False, soft_wrap=True
            )
    console.print(
        ", ".join(f"{name} {value}" for name, value in run.machine.items()), highlight=False, soft_wrap=True
    )


def _table(run: Run) -> Table:
    table = Table("case", "figure", title=f"Dompet, {run.scale} run")
    table.add_column("value", justify="right")
    table.add_column("to N", justify="right")
    table.add_column("goal")
    yardstick = yardstick_of(run.outcomes)
    for outcome in run.outcomes:
        for figure in outcome.figures:
            value, to_n = amount(figure.value, figure.unit), ratio(figure, yardstick)
            table.add_row(outcome.case.name, figure.name, value, to_n, verdict(figure, yardstick))
        if not outcome.figures:
            table.add_row(outcome.case.name, str(outcome.status))
        table.add_section()
    return table


def write_json(run: Run, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(as_json(run), indent=2) + "\n")


def as_json(run: Run) -> dict[str, Any]:
    yardstick = yardstick_of(run.outcomes)
    return {
        "run": run.scale,
        "machine": dict(run.machine),
        "n_transfers_per_s": yardstick and round(yardstick, _DIGITS),
        "cases": [_case_json(outcome, yardstick) for outcome in run.outcomes],
    }


def _case_json(outcome: Outcome, yardstick: float | None) -> dict[str, Any]:
    return {
        "name": outcome.case.name,
        "status": outcome.status.value,
        "message": outcome.message,
        "seconds": round(outcome.seconds, 1),
        "figures": [_figure_json(figure, yardstick) for figure in outcome.figures],
    }


def _figure_json(figure: Figure, yardstick: float | None) -> dict[str, Any]:
    found = figure.ratio_to(yardstick)
    return {
        "name": figure.name,
        "value": round(figure.value, _DIGITS),
        "unit": figure.unit.value,
        "ratio_to_n": None if found is None else round(found, _DIGITS),
        "n_beside": figure.beside and round(figure.beside, _DIGITS),
        "goal": None if figure.goal is None else str(figure.goal),
        "goal_met": figure.meets_goal(yardstick),
    }
