"""``python -m tests.chaos.plants``: plants bugs in a stage of real processes; a checker must find each."""

import argparse
import json
import sys
from collections.abc import Sequence

from tests.chaos.campaign import Campaign, Job
from tests.chaos.command_line import of_campaign, played, say
from tests.chaos.isolation import way_in
from tests.chaos.planted import CONTROL, PLANTS, what_is
from tests.chaos.report import RESULTS
from tests.chaos.result import Result
from wallet.supervisor.stop_signals import StopSignals

WITHIN_S = 300.0
CONTROL_S = 60.0
_FAULTS = {
    "B2": "watcher-killed",
    "B3": "cut-off-primary,primary-killed" if way_in() else "primary-killed",
    "B5": "watcher-frozen",
    "B6": "reply-lost-commit,server-unsure",
    "B7": "watcher-killed",
    "B8": "stream-dead",
    "B9": "watcher-killed",
}
"""Bugs with a fault of their own. Amid all faults at once nobody could tell why something takes too long."""
_HEADS = ("bug", "what it is", "under", "caught by", "promise", "after")
_EXAMPLES = """\
examples:
  python -m tests.chaos.plants                  all of them, and a control that has none
  python -m tests.chaos.plants B4 B10           these
  python -m tests.chaos.plants --parallel 2     two at a time

exit codes: 0 every bug was found and nothing else, 1 not so, 130 stopped
"""


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    with StopSignals() as signals:
        campaign = Campaign(
            [_job(bug, options) for bug in options.bugs or PLANTS],
            parallel=options.parallel, keep=options.keep, pause=signals.pause, say=say,
        )  # fmt: skip
        stopped = played(campaign)
    if stopped:
        return stopped
    results = sorted(campaign.results, key=lambda result: list(PLANTS).index(result.plant))
    _report(results)
    return 0 if all(_as_it_should(result) for result in results) else 1


def _as_it_should(result: Result) -> bool:
    return result.kept(lenient=True) if result.plant == CONTROL else result.found is not None


def _job(bug: str, options: argparse.Namespace) -> Job:
    faults = options.faults or _FAULTS.get(bug, "mixed")
    seconds = min(options.seconds, CONTROL_S) if bug == CONTROL else options.seconds
    return Job(list(PLANTS).index(bug) + 1, options.seed, faults, seconds, bug)


def _report(results: Sequence[Result]) -> None:
    say("\n" + as_markdown(results))
    RESULTS.mkdir(exist_ok=True)
    found = {result.plant: result.as_json()["found"] for result in results}
    (RESULTS / "plants.json").write_text(json.dumps(found, indent=1) + "\n")


def as_markdown(results: Sequence[Result]) -> str:
    """Return the table: which bug, what it is, which checker found it, and after how many seconds."""
    rows = [_HEADS, ["---"] * len(_HEADS), *map(_row, results)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _row(result: Result) -> Sequence[str]:
    found = result.found
    by = (found.checker, found.promise, f"{found.seconds:.1f} s") if found else ("nobody", "", "")
    return result.plant, what_is(result.plant), result.faults, *by


def _parser() -> argparse.ArgumentParser:
    parser = of_campaign("python -m tests.chaos.plants", __doc__, _EXAMPLES)
    parser.add_argument("bugs", nargs="*", metavar="Bn", choices=[*PLANTS, []], help=", ".join(PLANTS))
    parser.add_argument("--seed", type=int, default=1, help="of the schedule of faults (default: 1)")
    parser.add_argument("--seconds", type=float, default=WITHIN_S, help="at most, each (default: 300)")
    parser.add_argument("--faults", default="", help="instead of those that suit the bug")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
