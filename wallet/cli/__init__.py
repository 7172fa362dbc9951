"""The command ``dompet``. Each subcommand is imported when it is called, so that ``--help`` is fast."""

from importlib import import_module

import click

from wallet.errors import WalletError

_FAILED = 1
_INTERRUPTED = 130

_COMMANDS = {
    "up": "Start MongoDB, the API and the watchers on this machine.",
    "roles": "Make the roles of MongoDB: who may do what.",
    "migrate": "Make the collections, validators and indexes.",
    "seed": "Load a dump into an empty database.",
    "dump": "Write the database as mongodump does.",
    "audit": "Prove from the ledger that no money is lost or made.",
    "doctor": "Tell whether the server and the database are fit.",
    "queue": "Count what waits and what is parked.",
    "transfers": "Look at transfers; retry, fail or park them.",
    "user": "Unlock, freeze and close users.",
    "watchers": "Tell which watchers are alive.",
}

_EXAMPLES = """\b
Examples:
  dompet up                   everything on this machine, until Ctrl-C
  dompet doctor               is the server fit, is the database migrated?
  dompet seed example_data    50 users and their transactions
  dompet audit --json         the proof, for programs
  dompet dump backup          for mongorestore, or for dompet seed
  dompet queue                how much waits, since when, for whom
  dompet transfers --help     what is parked, and what to do with it

Exit codes: 0 all is well, 1 it is not, 2 the command line is wrong, 130 Ctrl-C.
"""


class Commands(click.Group):
    """Loads subcommands lazily, and turns the wallet's errors into one line and an exit code."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"wallet.cli.{cmd_name}"), cmd_name)
        return command

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise  # click ends quietly when nobody reads on
        except (WalletError, OSError) as error:
            click.echo(f"dompet: {error}", err=True)
            return ctx.exit(_FAILED)
        except KeyboardInterrupt:
            return ctx.exit(_INTERRUPTED)


@click.group(cls=Commands, epilog=_EXAMPLES)
@click.version_option(package_name="dompet", prog_name="dompet")
def main() -> None:
    """Dompet, an e-wallet: run it, load it, and prove that its ledger is right.

    The database is the one of --uri, else of MONGODB_URI, else of `dompet up`.
    """
