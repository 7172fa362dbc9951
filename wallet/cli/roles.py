"""``dompet roles``."""

import click
import orjson

from wallet.cli.connection import connection_options, reach_store
from wallet.store import roles as rights

_EXAMPLE = """\b
Examples:
  dompet roles --uri "mongodb://admin@db.example/?replicaSet=rs0"
  dompet roles --json         look, or hand them to another tool

Exit codes: 0 the roles are there, 1 they are not.
"""


@click.command(epilog=_EXAMPLE)
@click.option("--json", "as_json", is_flag=True, help="Print the roles and ask no server.")
@connection_options
def roles(uri: str | None, database_name: str, *, as_json: bool) -> None:
    """Make the roles of pods, watchers, migrations and operators, as a user who may make roles.

    They lie in the database admin. Run it again after an upgrade, before the migrations.
    """
    if as_json:
        click.echo(orjson.dumps(rights.roles(database_name)))
        return
    with reach_store(uri, database_name, "roles") as store:
        for name in rights.grant(store):
            click.echo(f"granted {name}")
