"""The loop's events as log lines, with the request id that the API's lines carry."""

from collections.abc import Sequence
from typing import Any

import structlog

from wallet.models import Transfer
from wallet.settlement import Refund
from watcher.observer import Observer

_log = structlog.get_logger("watcher")


class LogObserver(Observer):
    """One line a transfer, so that a request can be followed to its end."""

    def __init__(self) -> None:
        self._alive: list[str] = []

    def credited(self, transfers: Sequence[Transfer], seconds: float) -> None:
        for one in transfers:
            _log.info("transfer_settled", transfer_id=str(one.id), request_id=one.request_id)
        if transfers:
            _log.debug("batch_settled", size=len(transfers), milliseconds=round(seconds * 1_000, 1))

    def refunded(self, refunds: Sequence[Refund]) -> None:
        for one in refunds:
            _log.warning(
                "transfer_refunded",
                transfer_id=str(one.debit.operation),
                request_id=one.request_id,
                reason=one.reason,
            )

    def retried(self, transfer_id: Any, attempts: int, fault: Exception) -> None:
        _log.warning("transfer_retried", transfer_id=str(transfer_id), attempts=attempts, exc_info=fault)

    def parked(self, transfer_id: Any, reason: str) -> None:
        _log.error("transfer_parked", transfer_id=str(transfer_id), reason=reason)

    def paused(self, fault: Exception) -> None:
        _log.warning("loop_paused", reason=str(fault))

    def stream_opened(self) -> None:
        _log.info("stream_opened")

    def stream_lost(self, fault: Exception) -> None:
        _log.warning("stream_lost", reason=str(fault))

    def membership(self, alive: Sequence[str], owned: Sequence[int]) -> None:
        if sorted(alive) != self._alive:
            self._alive = sorted(alive)
            _log.info("watchers_changed", alive=self._alive, partitions=len(owned))
