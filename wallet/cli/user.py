"""``dompet user``."""

from collections.abc import Callable
from uuid import UUID

import click

from wallet import trail
from wallet.cli.connection import connection_options, reach_store
from wallet.cli.operator_log import log_to_stderr, operator_name
from wallet.errors import InvalidInput
from wallet.rules.phone import masked, normalise
from wallet.store.guards import LoginGuards
from wallet.store.standing import Standing
from wallet.store.transactions import Transactions

_EXAMPLE = """\b
Example:
  dompet user unlock 0811255501

Exit codes: 0 the owner can try again now, 2 this is no phone number.
"""

_FREEZE_EXAMPLES = """\b
Examples:
  dompet user freeze 0811255501 --reason "case 4711: telephone stolen"
  dompet user unfreeze 0811255501 --reason "case 4711: it is the owner"

Exit codes: 0 it is so now, 1 nobody has this number or the wallet is closed, 2 the command line is wrong.
"""

_CLOSE_EXAMPLE = """\b
Example:
  dompet user close 0811255501 --reason "case 4712: the owner asked for it"

\b
Exit codes: 0 it is closed now, 1 nobody has this number or there is money left, 2 the command line is wrong.
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
    """Let users in who have locked themselves out; freeze and close wallets."""


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


_reason = click.option("--reason", required=True, help="Why; it stays in the trail.")


@user.command(epilog=_FREEZE_EXAMPLES)
@click.argument("phone_number", metavar="PHONE", type=PhoneNumber())
@_reason
@connection_options
def freeze(phone_number: str, reason: str, uri: str | None, database_name: str) -> None:
    """Keep a user's wallet from moving money; the user can still log in and read.

    What is under way to the wallet is refunded to its senders.
    """
    _decide(phone_number, reason, uri, database_name, Standing.freeze, trail.wallet_frozen, "frozen")


@user.command(epilog=_FREEZE_EXAMPLES)
@click.argument("phone_number", metavar="PHONE", type=PhoneNumber())
@_reason
@connection_options
def unfreeze(phone_number: str, reason: str, uri: str | None, database_name: str) -> None:
    """Let a frozen wallet move money again."""
    _decide(phone_number, reason, uri, database_name, Standing.unfreeze, trail.wallet_unfrozen, "not frozen")


@user.command(epilog=_CLOSE_EXAMPLE)
@click.argument("phone_number", metavar="PHONE", type=PhoneNumber())
@_reason
@connection_options
def close(phone_number: str, reason: str, uri: str | None, database_name: str) -> None:
    """Close a user's wallet for ever: no command opens it again.

    The user can still log in and read, and keeps the phone number; lookups do not find it any more. What is
    under way to the wallet is refunded to its senders.

    A wallet with a balance is not closed, nor is one that has sent what is still under way and may come back:
    let the owner pay the money out first; if the wallet is frozen, unfreeze it for that.
    """
    _decide(phone_number, reason, uri, database_name, Standing.close, trail.wallet_closed, "closed, for ever")


def _decide(  # noqa: PLR0913, PLR0917
    phone_number: str,
    reason: str,
    uri: str | None,
    database_name: str,
    change: Callable[[Standing, UUID], bool],
    tell: Callable[[UUID, str, str], None],
    now: str,
) -> None:
    log_to_stderr()
    with reach_store(uri, database_name, "user") as store:
        standing = Standing(store, Transactions(store.client))
        owner = standing.owner(phone_number)
        if owner is None:
            raise click.ClickException(f"nobody has the number {masked(phone_number)}")
        changed = change(standing, owner)
    if changed:
        tell(owner, operator_name(), reason)
    click.echo(f"{masked(phone_number)}  {'now' if changed else 'already'} {now}")
