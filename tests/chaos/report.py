"""What a campaign came to, as two tables and as JSON."""

import json
import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.chaos.lanes import missing
from tests.chaos.measures import Measure
from tests.chaos.result import Result

RESULTS = Path(__file__).with_name("results")
LATEST = RESULTS / "latest.json"
_RUNS = (
    "faults",
    "runs",
    "calls",
    "accepted",
    "violations",
    "unknown: done, not done",
    "watcher kills",
    "primary kills",
)
_RECOVERIES = (
    "fault",
    "times",
    "next write p50",
    "max",
    "next settled p50",
    "max",
    "alone: write max",
    "settled max",
)


def as_json(seed: int, results: Sequence[Result], *, isolated: bool) -> str:
    document = {
        "seed": seed,
        "left_out": missing(isolated=isolated),
        "runs": [result.as_json() for result in results],
    }
    return json.dumps(document, indent=1)


def write(text: str) -> Path:
    RESULTS.mkdir(exist_ok=True)
    LATEST.write_text(text + "\n")
    return LATEST


def as_markdown(results: Sequence[Result], *, isolated: bool) -> str:
    parts = [_table(_RUNS, _runs(results)), _table(_RECOVERIES, _recoveries(results)), _takeovers(results)]
    parts += [f"Left out: {name}, which needs {what}." for name, what in missing(isolated=isolated).items()]
    return "\n\n".join(part for part in parts if part)


def _runs(results: Sequence[Result]) -> Iterable[Sequence[str]]:
    for faults in dict.fromkeys(result.faults for result in results):
        of_kind = [result for result in results if result.faults == faults]
        failed = sum(bool(result.failure) for result in of_kind)
        yield (
            faults,
            f"{len(of_kind)}" + (f" ({failed} failed)" if failed else ""),
            f"{sum(result.calls for result in of_kind):,}",
            f"{sum(result.accepted for result in of_kind):,}",
            f"{sum(len(result.violations) for result in of_kind)}",
            f"{_unknown(of_kind, 'had_succeeded'):,}, {_unknown(of_kind, 'had_not'):,}",
            f"{sum(result.watcher_kills for result in of_kind)}",
            f"{sum(result.primary_kills for result in of_kind)}",
        )


def _unknown(results: Sequence[Result], what: str) -> int:
    return sum(result.unknowns.get(what, 0) for result in results)


def _recoveries(results: Sequence[Result]) -> Iterable[Sequence[str]]:
    found = [one for result in results for one in result.measures]
    for name in sorted({one["fault"] for one in found}):
        named = [one for one in found if one["fault"] == name]
        alone = [one for one in named if one["alone"]]
        yield (
            name,
            f"{len(named)}",
            *_p50_max(_known(named, "ack_s")),
            *_p50_max(_known(named, "settle_s")),
            _p50_max(_known(alone, "ack_s"))[1],
            _p50_max(_known(alone, "settle_s"))[1],
        )


def _takeovers(results: Sequence[Result]) -> str:
    seconds = [
        one["takeover_s"]
        for result in results
        for one in result.measures
        if one["takeover_s"] is not None and one["undisturbed"]
    ]
    if not seconds:
        return ""
    p50, longest = _p50_max(seconds)
    times = f"{len(seconds)} times, p50 {p50}, max {longest}"
    return f"Takeover from a watcher, with only watchers in trouble: {times}."


def _known(measures: Sequence[Measure], what: str) -> list[float]:
    return [one[what] for one in measures if one[what] is not None]  # type: ignore[literal-required]


def _p50_max(seconds: Sequence[float]) -> tuple[str, str]:
    if not seconds:
        return "", ""
    return f"{statistics.median(seconds):.1f} s", f"{max(seconds):.1f} s"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(row) + " |" for row in (heads, ["---"] * len(heads), *rows)]
    return "\n".join(lines)
