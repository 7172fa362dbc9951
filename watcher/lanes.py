"""Settles a batch side by side: while the server works for one lane, the interpreter works for the other."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from wallet.settlement import Settlement, Vouched

LANES = 2

WIDE = 100
"""A smaller batch takes one lane: a second commit would cost more than it hides."""

Settle = Callable[[Vouched], Settlement]


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of one lane's transaction: a settlement, or the fault that undid it."""

    vouched: Vouched
    outcome: Settlement | Exception
    seconds: float


class Lanes:
    """Runs transactions at the same time that have no receiver, and so no document, in common."""

    def __init__(self) -> None:
        self._others = ThreadPoolExecutor(LANES - 1, thread_name_prefix="lane")

    def settle(self, vouched: Vouched, settle: Settle) -> Sequence[Attempt]:
        """Settle ``vouched``, a lane to a transaction, and return when all of them are through."""
        first, *others = vouched.lanes(LANES) if len(vouched.transfers) >= WIDE else [vouched]
        beside = [self._others.submit(_attempt, lane, settle) for lane in others]
        return [_attempt(first, settle), *(attempt.result() for attempt in beside)]


def _attempt(vouched: Vouched, settle: Settle) -> Attempt:
    started = time.perf_counter()
    outcome: Settlement | Exception
    try:
        outcome = settle(vouched)
    except Exception as fault:  # noqa: BLE001 - the executor tells them apart, when the other lane has ended too
        outcome = fault
    return Attempt(vouched, outcome, time.perf_counter() - started)
