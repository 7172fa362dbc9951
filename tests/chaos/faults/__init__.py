"""Every fault by its name, and where it belongs in a run of all of them."""

from collections.abc import Mapping

from tests.chaos.faults.crashes import RefundCrashed, WatcherCrashed, WorkerCrashed
from tests.chaos.faults.disturbance import Disturbance
from tests.chaos.faults.pods import PodFrozen, PodKilled, WorkerFrozen, WorkerKilled
from tests.chaos.faults.primaries import (
    MajorityLost,
    PrimaryFrozen,
    PrimaryKilled,
    PrimaryKilledTwice,
    SecondaryKilled,
    SteppedDown,
)
from tests.chaos.faults.watchers import ArrivalsTwice, WatcherFrozen, WatcherKilled

Kind = type[Disturbance]

_ALL: tuple[Kind, ...] = (
    WatcherKilled,
    WatcherFrozen,
    WatcherCrashed,
    RefundCrashed,
    ArrivalsTwice,
    WorkerKilled,
    WorkerFrozen,
    WorkerCrashed,
    PodKilled,
    PodFrozen,
    PrimaryKilled,
    PrimaryKilledTwice,
    PrimaryFrozen,
    SteppedDown,
    SecondaryKilled,
    MajorityLost,
)

FAULTS: Mapping[str, Kind] = {kind.name: kind for kind in _ALL}
