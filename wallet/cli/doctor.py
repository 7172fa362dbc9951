"""``dompet doctor``."""

import click
import orjson

from wallet.cli.connection import connection_options, open_store
from wallet.doctor import Finding, Grade, examine, wait_until_migrated

_EXAMPLE = """\b
Examples:
  dompet doctor --json
  dompet doctor --wait 60     in an init container: pods wait for `dompet migrate`

Exit codes: 0 nothing FAILs (a WARN does not count), 1 something does, also when it still does after --wait,
2 the command line is wrong.
"""


@click.command(epilog=_EXAMPLE)
@connection_options
@click.option(
    "--wait",
    "wait_s",
    type=click.FloatRange(0),
    default=0,
    metavar="SECONDS",
    help="First wait until the server takes writes and is migrated, so long at most.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.pass_context
def doctor(ctx: click.Context, uri: str | None, database_name: str, wait_s: float, *, as_json: bool) -> None:
    """Tell whether the server and the database are fit for Dompet: a line each, and how to mend it.

    One scratch document is written and removed.
    """
    with open_store(uri, database_name, "doctor") as store:
        wait_until_migrated(store, wait_s)
        findings = list(examine(store))
    click.echo(
        orjson.dumps([_as_json(one) for one in findings]) if as_json else "\n".join(map(_line, findings))
    )
    ctx.exit(1 if any(one.verdict.grade is Grade.FAIL for one in findings) else 0)


def _line(finding: Finding) -> str:
    verdict = finding.verdict
    remedy = f" -> {verdict.remedy}" if verdict.remedy else ""
    return f"{verdict.grade:<5} {finding.question:<18} {verdict.answer}{remedy}"


def _as_json(finding: Finding) -> dict[str, str]:
    return {"question": finding.question, **finding.verdict._asdict()}
