"""Progress on stderr: bars for people at a terminal, and for others lines or nothing."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from wallet.progress import Row, Track, untracked


@contextmanager
def progress(elsewhere: Track = untracked) -> Iterator[Track]:
    """Yield what draws bars at a terminal; ``elsewhere`` takes its place when stderr is none."""
    if not sys.stderr.isatty():
        yield elsewhere
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:

        def track(rows: Iterable[Row], title: str, total: int, /) -> Iterable[Row]:
            return bars.track(rows, total=total, description=title)

        yield track


def lines(rows: Iterable[Row], title: str, total: int, /) -> Iterable[Row]:
    """Say in one line what goes by."""
    click.echo(f"{title}: {total}", err=True)
    return rows
