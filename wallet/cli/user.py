"""``dompet user``."""

import click

from wallet import trail
from wallet.cli.connection import connection_options, reach_store
from wallet.cli.operator_log import log_to_stderr, operator_name
from wallet.errors import InvalidInput
from wallet.rules.phone import masked, normalise
from wallet.store.guards import LoginGuards

_EXAMPLE = """\b
Example:
  dompet user unlock 0811255501

Exit codes: 0 the owner can try again now, 2 this is no phone number.
"""


class PhoneNumber(click.ParamType[str]):
    """A phone number in any of its spellings, in its one form."""

    name = "phone"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return normalise(value)
        except InvalidInput as error:
            self.fail(error.fields["phone_number"], param, ctx)


@click.group()
def user() -> None:
    """Help users who have locked themselves out."""


@user.command(epilog=_EXAMPLE)
@click.argument("phone_number", metavar="PHONE", type=PhoneNumber())
@connection_options
def unlock(phone_number: str, uri: str | None, database_name: str) -> None:
    """Forget the wrong PINs that were tried for a phone number.

    Make sure first that it is the owner who asks. Guessers have five more tries, too.
    """
    log_to_stderr()
    with reach_store(uri, database_name, "user") as store:
        tried = LoginGuards(store).clear(phone_number)
    trail.login_unlocked(phone_number, operator_name())
    click.echo(f"{masked(phone_number)}  {'unlocked' if tried else 'was not locked: nobody has tried a PIN'}")
