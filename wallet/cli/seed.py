"""``dompet seed``."""

import json
import os
from pathlib import Path
from uuid import UUID

import click

from wallet.audit import audit
from wallet.cli.connection import connection_options, reach_store
from wallet.cli.progress import lines, progress
from wallet.cli.report import as_text
from wallet.pins import Peppers, PinHasher
from wallet.store.dump_folder import BadDump
from wallet.store.load import has_users, load

_DEMO_USERS = "demo-users.json"

_EXAMPLE = """\b
Example:
  dompet migrate
  dompet seed example_data

Exit codes: 0 loaded and proved (or --if-empty and not empty), 1 not.
"""


@click.command(epilog=_EXAMPLE)
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--if-empty", is_flag=True, help="Do nothing, and succeed, when there are users already.")
@connection_options
@click.pass_context
def seed(ctx: click.Context, folder: Path, uri: str | None, database_name: str, *, if_empty: bool) -> None:
    """Load the dump in FOLDER into a migrated database that has no users yet, then audit it.

    With PIN_PEPPER in the environment, the users of FOLDER/demo-users.json can log in under that pepper.
    """
    with reach_store(uri, database_name, "seed") as store:
        if if_empty and has_users(store):
            click.echo("there are users already: nothing is loaded")
            return
        with progress(elsewhere=lines) as track:
            load(store, folder, pin_hashes=_pin_hashes(folder / _DEMO_USERS), track=track)
        with progress() as track:
            report = audit(store, track=track)
    click.echo(as_text(report))
    ctx.exit(0 if report.clean else 1)


def _pin_hashes(demo_users: Path) -> dict[UUID, str]:
    """Hash the published PINs again: hashes of a dump are good under the pepper of its maker only."""
    pepper = os.environ.get("PIN_PEPPER")
    if not pepper or not demo_users.exists():
        return {}
    hasher = PinHasher(Peppers.of(pepper))
    return {user: hasher.hash(pin) for user, pin in _published_pins(demo_users)}


def _published_pins(demo_users: Path) -> list[tuple[UUID, str]]:
    try:
        return [(UUID(user["user_id"]), user["pin"]) for user in json.loads(demo_users.read_text())]
    except (ValueError, TypeError, KeyError) as error:
        raise BadDump(f"{demo_users} is not a list of objects with user_id and pin: {error!r}") from error
