"""The highest balance allowed, for commands that reckon with it."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from wallet.rules.money import LARGEST_CAP

Command = TypeVar("Command", bound=Callable[..., Any])


def cap_option(command: Command) -> Command:
    """Add ``--cap``, which becomes the parameter ``cap``."""
    option = click.option(
        "--cap",
        type=click.IntRange(1, LARGEST_CAP),
        envvar="BALANCE_CAP",
        default=LARGEST_CAP,
        show_default=True,
        help="The highest balance allowed, in rupiah; else BALANCE_CAP.",
    )
    return option(command)
