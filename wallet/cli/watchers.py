"""``dompet watchers``."""

import click

from wallet.cli.connection import connection_options, reach_store
from wallet.cli.transfers_report import dumps, moment
from wallet.rules.partition import owned
from wallet.store.watchers import WatcherRow, Watchers

_EXAMPLE = """\b
Example:
  dompet watchers --json

Exit codes: 0 at least one is alive, 1 none is.
"""


@click.command(epilog=_EXAMPLE)
@click.option("--json", "as_json", is_flag=True, help="Print an array of objects.")
@connection_options
@click.pass_context
def watchers(ctx: click.Context, uri: str | None, database_name: str, *, as_json: bool) -> None:
    """Tell who is alive, when each was last heard of, and which partitions each prefers.

    Watchers of the last hour; silence is measured by the server's clock.
    """
    with reach_store(uri, database_name, "watchers") as store:
        found = Watchers(store).all()
    alive = [one.name for one in found if one.alive]
    owns = {one.name: owned(one.name, alive) if one.alive else [] for one in found}
    if as_json:
        click.echo(dumps([_as_json(one, owns[one.name]) for one in found]))
    else:
        click.echo("\n".join(_line(one, owns[one.name]) for one in found) or _NONE)
    ctx.exit(0 if alive else 1)


_NONE = "nobody: start a watcher with `dompet up`, or see why its pods do not run"


def _as_json(one: WatcherRow, partitions: list[int]) -> dict[str, object]:
    return {
        "name": one.name,
        "alive": one.alive,
        "beat": one.beat,
        "silent_seconds": one.silent_s,
        "partitions": partitions,
        "tally": one.tally,
    }


def _line(one: WatcherRow, partitions: list[int]) -> str:
    heard = f"heard of {one.silent_s:,.1f} s ago ({moment(one.beat)} UTC)"
    if not one.alive:
        return f"{one.name:<32}  DEAD   {heard}"
    return f"{one.name:<32}  alive  {heard}, prefers {len(partitions)}: {' '.join(map(str, partitions))}"
