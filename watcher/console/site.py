"""What the pages are made of."""

from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from wallet.store.case_lists import CaseLists
from wallet.store.watchers import Watchers
from wallet.use_cases.operations import Operations
from watcher.console.chronicle import Chronicle
from watcher.console.gate import Gate
from watcher.console.history import History
from watcher.console.readings import Readings


@dataclass(frozen=True, slots=True)
class Site:
    """Everything is bounded: the reads in time, the histories in length."""

    name: str
    """Of this watcher."""
    zone: ZoneInfo
    """Where dates are shown."""
    readings: Callable[[], Readings]
    history: History
    chronicle: Chronicle
    lists: CaseLists
    watchers: Watchers
    operations: Operations
    gate: Gate
