"""A run of all faults is three lanes at a time: one torments watchers, one the servers, one the rest."""

import shutil
from collections.abc import Sequence

from tests.chaos.faults import FAULTS
from tests.chaos.faults.disturbance import FAKETIME, NAMESPACES
from tests.chaos.schedule import Lane

MIXED = "mixed"
EACH = "each"
NONE = "none"

_WATCHERS = ("watcher-killed", "watcher-crashed", "watcher-frozen")
_SERVERS = ("step-down", "secondary-killed", "deaf-server", "disk-full", "oplog-overrun")
_SERVERS_SELDOM = (
    *("primary-frozen", "majority-lost", "primaries-killed"),
    *("cut-off-primary", "isolated-primary", "rolling-servers"),
)
_TOO_LONG = ("stream-long-dead",)
"""They last longer than a run of all faults, so they come when they are named."""


def lanes_of(faults: str, *, isolated: bool) -> list[Lane]:
    """Return the lanes of ``mixed``, of ``none``, or one lane of the faults that are named.

    Raises:
        ValueError: there is no such fault, or it cannot be done here.
    """
    left_out = missing(isolated=isolated)
    if faults == MIXED:
        return _mixed([name for name in FAULTS if name not in left_out])
    if faults == NONE:
        return []
    names = faults.split(",")
    for name in names:
        if name not in FAULTS:
            raise ValueError(f"{name} is no fault; there are {', '.join(FAULTS)}")
        if name in left_out:
            raise ValueError(f"{name} needs {left_out[name]}")
    return [Lane("named", names)]


def missing(*, isolated: bool) -> dict[str, str]:
    """Return the faults that cannot be done here, each with what they need."""
    there = {"": True, NAMESPACES: isolated, FAKETIME: shutil.which("faketime") is not None}
    return {name: kind.needs for name, kind in FAULTS.items() if not there[kind.needs]}


def _mixed(possible: Sequence[str]) -> list[Lane]:
    servers = [name for name in _SERVERS if name in possible]
    seldom = [name for name in _SERVERS_SELDOM if name in possible]
    rest = [
        name
        for name in possible
        if name not in {*_WATCHERS, *_SERVERS, *_SERVERS_SELDOM, *_TOO_LONG, "primary-killed"}
    ]
    return [
        Lane("watchers", _WATCHERS, often="watcher-killed"),
        Lane("servers", servers, often="primary-killed", seldom=seldom),
        Lane("rest", rest),
    ]
