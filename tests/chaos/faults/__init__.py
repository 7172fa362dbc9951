"""Every fault by its name, and where it belongs in a run of all of them."""

from collections.abc import Mapping

from tests.chaos.faults.clocks import ClockSkewed
from tests.chaos.faults.crashes import RefundCrashed, WatcherCrashed, WorkerCrashed
from tests.chaos.faults.disks import DiskFull
from tests.chaos.faults.disturbance import Disturbance
from tests.chaos.faults.failpoints import (
    CommitUnsure,
    ConnectionCutAfterWrite,
    ServerHangsUp,
    ServerRefuses,
    ServerSlow,
    StreamDead,
    StreamLongDead,
)
from tests.chaos.faults.partitions import OursCutOff, PrimaryCutOff, PrimaryIsolated, ServerDeaf
from tests.chaos.faults.pods import PodFrozen, PodKilled, WorkerFrozen, WorkerKilled
from tests.chaos.faults.poison import PaidPoison, Poison
from tests.chaos.faults.primaries import (
    MajorityLost,
    PrimaryFrozen,
    PrimaryKilled,
    PrimaryKilledTwice,
    SecondaryKilled,
    SteppedDown,
)
from tests.chaos.faults.replies import BeatReplyLost, CommitReplyLost, ReplyLate, WriteReplyLost
from tests.chaos.faults.rolling import RollingRestart, RollingServers
from tests.chaos.faults.streams import OplogOverrun, StreamInvalidated
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
    PrimaryCutOff,
    PrimaryIsolated,
    ServerDeaf,
    OursCutOff,
    CommitReplyLost,
    WriteReplyLost,
    BeatReplyLost,
    ReplyLate,
    ServerRefuses,
    ServerHangsUp,
    ServerSlow,
    CommitUnsure,
    ConnectionCutAfterWrite,
    StreamDead,
    StreamLongDead,
    StreamInvalidated,
    OplogOverrun,
    ClockSkewed,
    DiskFull,
    Poison,
    PaidPoison,
    RollingRestart,
    RollingServers,
)

FAULTS: Mapping[str, Kind] = {kind.name: kind for kind in _ALL}
