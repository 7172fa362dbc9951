"""What is wrong now, in sentences; nothing when all is well. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from wallet.store.watchers import WatcherRow
from watcher.console.readings import Readings
from watcher.console.words import duration, rupiah, whole

SLOW_S = 15.0
"""A transfer should be settled in five seconds; the queue was looked at some seconds ago."""

_LATE_S = 10.0
"""A stream whose last word is older is late."""


class Weight(StrEnum):
    """How bad it is."""

    WARNING = "warning"
    ALARM = "alarm"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One thing that is wrong."""

    weight: Weight
    sentence: str


def verdicts(readings: Readings, watchers: Sequence[WatcherRow], parked: int) -> list[Verdict]:
    """Return the worst first; ``parked`` transfers are known from a look at the store, there may be more."""
    found = [*_of_money(readings), *_of_the_queue(readings, parked), *_of_the_watchers(readings, watchers)]
    return sorted(found, key=lambda one: one.weight is not Weight.ALARM)


def _of_money(readings: Readings) -> Iterator[Verdict]:
    if readings.drift:
        yield Verdict(
            Weight.ALARM, f"The books do not balance by {rupiah(readings.drift)}: run `dompet audit` now."
        )


def _of_the_queue(readings: Readings, parked: int) -> Iterator[Verdict]:
    count = max(parked, int(readings.parked or 0))
    if count:
        noun = "transfer waits" if count == 1 else "transfers wait"
        yield Verdict(Weight.WARNING, f"{whole(count)} parked {noun} for an operator.")
    if readings.depth is None:
        yield Verdict(Weight.WARNING, "The depth of the queue is not known yet.")
    if readings.oldest_s is not None and readings.oldest_s > SLOW_S:
        yield Verdict(Weight.ALARM, f"The oldest transfer has waited for {duration(readings.oldest_s)}.")


def _of_the_watchers(readings: Readings, watchers: Sequence[WatcherRow]) -> Iterator[Verdict]:
    if watchers and not any(one.alive for one in watchers):
        yield Verdict(Weight.ALARM, "No watcher is alive: nothing is settled.")
    if not readings.stream_up:
        yield Verdict(Weight.WARNING, "The change stream is down here: only sweeps find work.")
    elif readings.stream_lag_s is not None and readings.stream_lag_s > _LATE_S:
        yield Verdict(
            Weight.WARNING, f"The change stream has said nothing for {duration(readings.stream_lag_s)}."
        )
