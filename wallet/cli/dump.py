"""``dompet dump``."""

from pathlib import Path

import click

from wallet.cli.connection import connection_options, reach_store
from wallet.cli.progress import progress
from wallet.store import dump as dumping

_EXAMPLE = """\b
Example:
  dompet dump backup
  mongorestore --nsInclude "dompet.*" backup

Exit codes: 0 it is written whole, 1 nothing is.
"""


@click.command(epilog=_EXAMPLE)
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@connection_options
def dump(folder: Path, uri: str | None, database_name: str) -> None:
    """Write the database to FOLDER, as it is at one moment, in the layout of mongodump."""
    with reach_store(uri, database_name, "dump") as store, progress() as track:
        counts = dumping.dump(store, folder, track=track)
    click.echo(f"wrote {folder / database_name}: {', '.join(f'{n} {name}' for name, n in counts.items())}")
