"""``dompet audit``."""

from datetime import datetime

import click

from wallet.audit import audit as run_audit
from wallet.audit import audit_since
from wallet.cli.cap import cap_option
from wallet.cli.connection import connection_options, reach_store
from wallet.cli.progress import progress
from wallet.cli.report import as_json, as_text
from wallet.cli.since import Since

_EXAMPLE = """\b
Promises:
  P1  balances + money in flight = top-ups - payments
  P2  every balance is in 0..cap, every amount in 1..cap
  P3  a transfer has one debit and, once settled, one credit or one refund
  P6  each wallet's entries are an unbroken chain that ends at its balance

\b
Examples:
  dompet audit --first 5
  dompet audit --since 12h    P2, P3 and P6 of what is new

Exit codes: 0 every promise is kept, 1 one is broken or the audit could not be done.
"""


@click.command(epilog=_EXAMPLE)
@connection_options
@cap_option
@click.option(
    "--since",
    type=Since(),
    help="Only what happened since then: 90m, 12h, 3d, or a date in UTC. Fast on a large, old database.",
)
@click.option("--first", type=click.IntRange(0), default=20, show_default=True, help="Offenders to name.")
@click.option("--json", is_flag=True, help="Print the report as JSON.")
@click.pass_context
def audit(  # noqa: PLR0913, PLR0917 - one parameter an option
    ctx: click.Context,
    uri: str | None,
    database_name: str,
    cap: int,
    since: datetime | None,
    first: int,
    *,
    json: bool,
) -> None:
    """Recompute everything from the ledger, as it is at one moment, and hold it to the promises.

    Writers may go on meanwhile. Memory is constant; a million entries take about a minute.
    """
    with reach_store(uri, database_name, "audit") as store, progress() as track:
        if since:
            report = audit_since(store, since, cap=cap, keep=first, track=track)
        else:
            report = run_audit(store, cap=cap, keep=first, track=track)
    click.echo(as_json(report) if json else as_text(report))
    ctx.exit(0 if report.clean else 1)
