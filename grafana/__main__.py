"""``python -m grafana``: write the dashboards and rules, or say what is out of date."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from grafana.dashboards import BOARDS
from grafana.rules import document
from grafana.rules.pace import Pace

_HERE = Path(__file__).parent


def main() -> int:
    options = _options()
    files = _files(Pace(options.time_scale))
    if options.check:
        stale = [name for name, text in files.items() if not _holds(options.output / name, text)]
        for name in stale:
            print(f"{options.output / name} is out of date: run python -m grafana", file=sys.stderr)  # noqa: T201
        return 1 if stale else 0
    for name, text in files.items():
        path = options.output / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return 0


def _files(pace: Pace) -> Mapping[str, str]:
    """Return every generated file by its name in the output folder."""
    return {f"dashboards/{name}.json": board.json() for name, board in BOARDS.items()} | {
        "rules/dompet.rules.yaml": document.rules(pace),
        "rules/operator/prometheusrule.yaml": document.custom_resource(pace),
    }


def _holds(path: Path, text: str) -> bool:
    return path.exists() and path.read_text() == text


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m grafana", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file would change")
    parser.add_argument("--output", type=Path, default=_HERE, help="the folder (default: this package's)")
    parser.add_argument(
        "--time-scale",
        type=float,
        default=1.0,
        metavar="FACTOR",
        help="shorten every duration of the rules, for tests that cannot wait (default: 1)",
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
