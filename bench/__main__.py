"""``python -m bench``."""

import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import click

from bench.catalogue import CASES, YARDSTICK
from bench.report import print_table, write_json
from bench.runner import run
from bench.scale import FULL, QUICK
from wallet.embedded import EmbeddedServerError

_RESULTS = Path("bench", "results", "latest.json")

_EXAMPLES = """\b
Examples:
  python -m bench                           everything, about 25 minutes
  python -m bench --quick                   everything, smaller, two minutes
  python -m bench --only drain --only size  two cases, and the yardstick
  python -m bench --list                    what can be measured

\b
N, the yardstick, is measured first in every run. Rates are told as multiples of N, times as
multiples of 1/N: what one transfer takes at that rate.

Exit codes: 0 all was measured, 1 a case failed, 130 Ctrl-C. A goal that is missed is only reported.
"""


@click.command(epilog=_EXAMPLES)
@click.option("--quick", is_flag=True, help="Smaller and shorter; for seeing that all is well.")
@click.option(
    "--only",
    multiple=True,
    metavar="CASE",
    type=click.Choice([case.name for case in CASES]),
    help="Measure this case, and N; may be given more than once.",
)
@click.option("--list", "list_cases", is_flag=True, help="List the cases and leave.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=_RESULTS,
    show_default=True,
    help="The JSON file to write.",
)
@click.pass_context
def main(ctx: click.Context, only: Sequence[str], out: Path, *, quick: bool, list_cases: bool) -> None:
    """Measure Dompet with its real processes, on a replica set of its own on this machine."""
    if list_cases:
        _list()
        return
    chosen = [case for case in CASES if not only or case.name in only]
    signal.signal(signal.SIGTERM, _end)
    try:
        result = run([YARDSTICK, *chosen], QUICK if quick else FULL)
    except EmbeddedServerError as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        ctx.exit(128 + signal.SIGINT)
    write_json(result, out)
    print_table(result)
    ctx.exit(1 if result.failed else 0)


def _list() -> None:
    for case in (YARDSTICK, *CASES):
        needs = f" (needs {', '.join(need.name for need in case.needs)})" if case.needs else ""
        click.echo(f"{case.name:15} {case.title}{needs}")


def _end(_number: int, _frame: FrameType | None) -> None:
    """Leave as on Ctrl-C, so that everything that was started is stopped."""
    sys.exit(128 + signal.SIGTERM)


if __name__ == "__main__":
    main(prog_name="python -m bench")
