"""What the loop and the doorbell tell those who watch them. Metrics and logs hang here; they know neither."""

from collections.abc import Callable, Sequence
from typing import Any

from wallet.models import Transfer
from wallet.settlement import Pending, Refund
from wallet.store.arrivals import Arrival


class Observer:
    """Hears everything and does nothing; observers override what they care for."""

    def picked_up(self, transfers: Sequence[Transfer]) -> None:
        """The execution of these begins."""

    def credited(self, transfers: Sequence[Transfer], seconds: float) -> None:
        """One transaction of ``seconds`` brought these to their targets."""

    def refunded(self, refunds: Sequence[Refund]) -> None:
        """These failed for good; their senders have the money back."""

    def retried(self, transfer_id: Any, attempts: int, fault: Exception) -> None:
        """An attempt failed; the transfer waits for the next one."""

    def parked(self, transfer_id: Any, reason: str) -> None:
        """Neither credit nor refund is possible: an operator must decide."""

    def paused(self, fault: Exception) -> None:
        """The store cannot answer; the loop waits a moment."""

    def swept(self, found: Pending, *, expected: bool) -> None:
        """A sweep found these; ``expected`` when somebody asked for it or when what rang is waiting."""

    def stream_opened(self) -> None:
        """The doorbell listens."""

    def stream_answered(self, arrival: Arrival | None) -> None:
        """The stream brought an arrival, or the answer that there is none."""

    def stream_left(self) -> None:
        """The doorbell does not listen, on purpose: a backlog is being swept."""

    def stream_lost(self, fault: Exception) -> None:
        """The doorbell is deaf; the sweep goes on alone."""

    def membership(self, alive: Sequence[str], owned: Sequence[int]) -> None:
        """The watchers alive, and the partitions that this one prefers."""


class Observers(Observer):
    """Passes everything on to those of several who care for it."""

    def __init__(self, *observers: Observer) -> None:
        self._caring = {event: _caring(event, observers) for event in _EVENTS}

    def picked_up(self, transfers: Sequence[Transfer]) -> None:
        for tell in self._caring["picked_up"]:
            tell(transfers)

    def credited(self, transfers: Sequence[Transfer], seconds: float) -> None:
        for tell in self._caring["credited"]:
            tell(transfers, seconds)

    def refunded(self, refunds: Sequence[Refund]) -> None:
        for tell in self._caring["refunded"]:
            tell(refunds)

    def retried(self, transfer_id: Any, attempts: int, fault: Exception) -> None:
        for tell in self._caring["retried"]:
            tell(transfer_id, attempts, fault)

    def parked(self, transfer_id: Any, reason: str) -> None:
        for tell in self._caring["parked"]:
            tell(transfer_id, reason)

    def paused(self, fault: Exception) -> None:
        for tell in self._caring["paused"]:
            tell(fault)

    def swept(self, found: Pending, *, expected: bool) -> None:
        for tell in self._caring["swept"]:
            tell(found, expected=expected)

    def stream_opened(self) -> None:
        for tell in self._caring["stream_opened"]:
            tell()

    def stream_answered(self, arrival: Arrival | None) -> None:
        for tell in self._caring["stream_answered"]:
            tell(arrival)

    def stream_left(self) -> None:
        for tell in self._caring["stream_left"]:
            tell()

    def stream_lost(self, fault: Exception) -> None:
        for tell in self._caring["stream_lost"]:
            tell(fault)

    def membership(self, alive: Sequence[str], owned: Sequence[int]) -> None:
        for tell in self._caring["membership"]:
            tell(alive, owned)


_EVENTS = [name for name in vars(Observer) if not name.startswith("_")]


def _caring(event: str, observers: Sequence[Observer]) -> list[Callable[..., None]]:
    """Return the methods that do something: an event a transfer must not cost a call for each observer."""
    return [
        getattr(one, event) for one in observers if getattr(type(one), event) is not getattr(Observer, event)
    ]
