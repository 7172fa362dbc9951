"""``python -m tests.simulation``: seeds by the thousand, or one of them step by step."""

import os
import re
import secrets
import sys
from dataclasses import fields

import click

from tests.simulation.campaign import Failure, Tally, find_all, hunt
from tests.simulation.plan import plan
from tests.simulation.promises import PromiseBroken
from tests.simulation.run import run
from tests.simulation.stand_ins import installed

_UUID = re.compile(r"(?:UUID\(')?([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?:'\))?")

_EXAMPLES = """\b
Examples:
  python -m tests.simulation                 fresh seeds for a minute, on all cores
  python -m tests.simulation --seconds 3600  for an hour
  python -m tests.simulation --seed 1349     one seed, step by step
  python -m tests.simulation --bugs          how soon each planted bug is found

Exit codes: 0 every promise was kept (with --bugs: every bug was found), 1 not so, 130 Ctrl-C.
"""


@click.command(epilog=_EXAMPLES)
@click.option("--seed", type=click.IntRange(min=0), help="Replay this seed and print all its steps.")
@click.option("--seconds", default=60.0, show_default=True, help="How long to go on.")
@click.option("--first", type=click.IntRange(min=0), help="Begin with this seed; any, without it.")
@click.option("--jobs", default=os.cpu_count() or 1, show_default=True, help="Processes.")
@click.option("--bugs", is_flag=True, help="Plant bugs in the program, one after the other, and find them.")
def main(seed: int | None, seconds: float, first: int | None, jobs: int, *, bugs: bool) -> None:
    """Run the wallet in simulated worlds full of faults, each decided by its seed."""
    try:
        if bugs:
            sys.exit(_find_bugs())
        sys.exit(_hunt(first, seconds, jobs) if seed is None else _replay(seed))
    except KeyboardInterrupt:
        sys.exit(130)


def _hunt(first: int | None, seconds: float, jobs: int) -> int:
    first = secrets.randbelow(2**32) if first is None else first
    click.echo(f"from seed {first} on, {jobs} processes, {seconds:.0f} s")
    tally = hunt(first, seconds, jobs, _tell)
    click.echo(
        f"{tally.seeds:,} seeds, {tally.steps:,} steps, {tally.commits:,} commits checked, "
        f"{tally.rolled_back:,} rolled back, {tally.simulated_s:,.0f} s simulated\n"
        f"after the faults all was done within {tally.slowest[0]:.1f} s (seed {tally.slowest[1]})"
    )
    for failure in tally.failures:
        _show(failure)
    return 1 if tally.failures else 0


def _tell(tally: Tally, seconds: float) -> None:
    rate = tally.seeds / seconds
    click.echo(f"{seconds:6.0f} s {tally.seeds:8,} seeds {rate:6.0f}/s {rate * 60:8,.0f}/min")


def _show(failure: Failure) -> None:
    click.echo(f"\nSEED {failure.seed} broke a promise:\n{_short(failure.why)}")
    click.echo(f"replay it with: make simulate SEED={failure.seed}")


def _replay(seed: int) -> int:
    made, _ = plan(seed)
    for one in fields(made):
        click.echo(f"{one.name:>12}: {getattr(made, one.name)}")
    try:
        with installed():
            result = run(seed, _print)
    except PromiseBroken as broken:
        _show(Failure(seed, str(broken)))
        return 1
    click.echo(f"every promise was kept: {result}")
    return 0


def _print(when: float, who: str, what: str) -> None:
    click.echo(f"{when:9.4f}  {_short(who):<24} {_short(what)}")


def _short(text: str) -> str:
    return _UUID.sub(r"\1", text)


def _find_bugs() -> int:
    missed = 0
    click.echo(f"{'bug':50} {'seeds':>6} {'seconds':>8}  what broke")
    for found in find_all():
        missed += found.failure is None
        why = _short(found.failure.why).splitlines()[0] if found.failure else "NOT FOUND"
        click.echo(f"{found.bug:50} {found.seeds:6} {found.seconds:8.1f}  {why}")
    return 1 if missed else 0


if __name__ == "__main__":
    main()
