"""What the loop tells those who watch it. Metrics and logs hang here; the loop knows neither."""

from collections.abc import Sequence
from typing import Any

from wallet.models import Transfer
from wallet.settlement import Refund


class Observer:
    """Hears everything and does nothing; observers override what they care for."""

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

    def stream_opened(self) -> None:
        """The doorbell listens."""

    def stream_lost(self, fault: Exception) -> None:
        """The doorbell is deaf; the sweep goes on alone."""

    def membership(self, alive: Sequence[str], owned: Sequence[int]) -> None:
        """The watchers alive, and the partitions that this one prefers."""


class Observers(Observer):
    """Passes everything on to several."""

    def __init__(self, *observers: Observer) -> None:
        self._observers = observers

    def credited(self, transfers: Sequence[Transfer], seconds: float) -> None:
        for one in self._observers:
            one.credited(transfers, seconds)

    def refunded(self, refunds: Sequence[Refund]) -> None:
        for one in self._observers:
            one.refunded(refunds)

    def retried(self, transfer_id: Any, attempts: int, fault: Exception) -> None:
        for one in self._observers:
            one.retried(transfer_id, attempts, fault)

    def parked(self, transfer_id: Any, reason: str) -> None:
        for one in self._observers:
            one.parked(transfer_id, reason)

    def paused(self, fault: Exception) -> None:
        for one in self._observers:
            one.paused(fault)

    def stream_opened(self) -> None:
        for one in self._observers:
            one.stream_opened()

    def stream_lost(self, fault: Exception) -> None:
        for one in self._observers:
            one.stream_lost(fault)

    def membership(self, alive: Sequence[str], owned: Sequence[int]) -> None:
        for one in self._observers:
            one.membership(alive, owned)
