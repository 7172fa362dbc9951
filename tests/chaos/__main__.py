"""``python -m tests.chaos``: torment a stage of real processes, and check that every promise was kept."""

import argparse
import secrets
import sys
from collections.abc import Sequence

from tests.chaos import report
from tests.chaos.campaign import Campaign, Job
from tests.chaos.command_line import of_campaign, played, say
from tests.chaos.faults import FAULTS
from tests.chaos.isolation import way_in
from tests.chaos.lanes import EACH, MIXED, lanes_of, missing
from wallet.supervisor.stop_signals import StopSignals

_EXAMPLES = """\
examples:
  python -m tests.chaos                                        one run of 120 s, every fault
  python -m tests.chaos --runs 30 --parallel 2                 thirty of them
  python -m tests.chaos --faults primary-killed --seconds 60   one fault again and again
  python -m tests.chaos --faults each --runs 3                 each fault alone, three runs of each
  python -m tests.chaos --seed 4711                            the same schedule again
  python -m tests.chaos --plant B4                             with a bug: it must be found
  python -m tests.chaos --list                                 the faults, and what they need

exit codes: 0 every promise was kept, 1 one was broken or a run did not end, 130 stopped
"""
_SEEDS = 1_000_000


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    isolated = way_in() is not None
    if options.list:
        return _list(isolated=isolated)
    seed = secrets.randbelow(_SEEDS) if options.seed is None else options.seed
    say(f"seed {seed}")
    for name, what in missing(isolated=isolated).items():
        say(f"left out: {name}, which needs {what}")
    with StopSignals() as signals:
        campaign = Campaign(
            _jobs(options, seed, isolated=isolated),
            parallel=options.parallel, keep=options.keep, pause=signals.pause, say=say,
        )  # fmt: skip
        stopped = played(campaign)
    say("\n" + report.as_markdown(campaign.results, isolated=isolated))
    say(f"\n{report.write(report.as_json(seed, campaign.results, isolated=isolated))}")
    if stopped:
        return stopped
    return 0 if all(result.kept(lenient=options.lenient) for result in campaign.results) else 1


def _jobs(options: argparse.Namespace, seed: int, *, isolated: bool) -> list[Job]:
    kinds = [options.faults]
    if options.faults == EACH:
        left_out = missing(isolated=isolated)
        kinds = [name for name in FAULTS if name not in left_out]
    runs = [(faults, seed + number) for faults in kinds for number in range(options.runs)]
    return [
        Job(number, run_seed, faults, options.seconds, options.plant)
        for number, (faults, run_seed) in enumerate(runs, start=1)
    ]


def _list(*, isolated: bool) -> int:
    left_out = missing(isolated=isolated)
    for name, kind in FAULTS.items():
        needs = f"  (left out here: it needs {left_out[name]})" if name in left_out else ""
        say(f"{name:<22} {str(kind.__doc__).splitlines()[0]}{needs}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = of_campaign("python -m tests.chaos", __doc__, _EXAMPLES)
    parser.add_argument("--seed", type=int, help="of the first run; each next one has the next seed")
    parser.add_argument("--runs", type=int, default=1, help="how many (default: 1)")
    parser.add_argument("--seconds", type=float, default=120, help="of load and faults, each (default: 120)")
    parser.add_argument("--faults", type=_faults, default=MIXED, metavar="NAME,...|mixed|each|none")
    parser.add_argument("--plant", default="", metavar="Bn", help="a bug of tests.chaos.planted")
    parser.add_argument("--lenient", action="store_true", help="do not fail for what only took too long")
    parser.add_argument("--list", action="store_true", help="list the faults")
    return parser


def _faults(text: str) -> str:
    if text != EACH:
        try:
            lanes_of(text, isolated=way_in() is not None)
        except ValueError as fault:
            raise argparse.ArgumentTypeError(str(fault)) from fault
    return text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
