"""What is going on, for people who wait: bars at a terminal, lines elsewhere. On stderr."""

import time
from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.progress import track

from wallet.progress import Row

console = Console(stderr=True, highlight=False)

_TICK_S = 0.25


def say(line: str) -> None:
    console.print(line, markup=False, soft_wrap=True)


def tracked(rows: Iterable[Row], title: str, total: int) -> Iterator[Row]:
    """Yield ``rows`` and show how many of ``total`` have gone by."""
    if not console.is_terminal:
        say(f"  {title}: {total:,}")
        yield from rows
        return
    yield from track(rows, f"  {title}", total, console=console, transient=True)


def wait(seconds: float, title: str) -> None:
    """Sleep, and show how long it will be."""
    ticks = max(1, round(seconds / _TICK_S))
    if not console.is_terminal:
        say(f"  {title}: {seconds:g} s")
        time.sleep(seconds)
        return
    for _ in track(range(ticks), f"  {title}", console=console, transient=True):
        time.sleep(seconds / ticks)
