"""``dompet migrate``."""

import click

from wallet.cli.connection import connection_options, reach_store
from wallet.store import migrate as migrations

_EXAMPLE = """\b
Example:
  dompet migrate --uri "mongodb://db.example/?replicaSet=rs0"

Exit codes: 0 the database is up to date, 1 it is not.
"""


@click.command(epilog=_EXAMPLE)
@connection_options
def migrate(uri: str | None, database_name: str) -> None:
    """Make the collections, validators and indexes that are missing.

    Several may run at once: each migration is applied once, the others wait for it.
    """
    with reach_store(uri, database_name, "migrate") as store:
        applied = migrations.migrate(store)
    for name in applied:
        click.echo(f"applied {name}")
    if not applied:
        click.echo("nothing to do: all migrations are applied")
