"""Checks the ledger for drift while everything goes on, as little at a time as nobody can see."""

import time
from collections.abc import Sequence
from threading import Event, Thread

import structlog

from wallet.audit.rolling import RollingCheck, Step
from wallet.errors import WalletError
from wallet.store.proofs import Proofs
from watcher.drift_metrics import DriftMetrics
from watcher.observer import Observer

_log = structlog.get_logger("watcher")

_PARTITION = 0
"""Whoever has this partition checks."""

_IDLE_S = 0.5
_AFTER_FAULT_S = 2.0
_STOP_S = 1.0


class DriftWatch(Observer):
    """A thread that looks at one slice of the ledger, then rests so long that the look is ``share`` of it.

    A pass over all begins ``every_s`` after the last one began, or later when resting takes longer. Who
    checks is a preference, told by the membership: two at once are harmless, and a new one finds what the
    old one found.
    """

    def __init__(
        self, check: RollingCheck, proofs: Proofs, metrics: DriftMetrics, *, share: float, every_s: float
    ) -> None:
        self._check = check
        self._proofs = proofs
        self._metrics = metrics
        self._rest = 1 / share - 1
        self._every_s = every_s
        self._off_duty = Event()
        self._off_duty.set()
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="drift", daemon=True)
        self._pass_began = 0.0
        self._unproven = 0

    def membership(self, alive: Sequence[str], owned: Sequence[int]) -> None:  # noqa: ARG002
        if _PARTITION in owned:
            self._off_duty.clear()
        else:
            self._off_duty.set()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop; a look that hangs at the server is left behind, it only reads or repeats itself."""
        self._stopping.set()
        self._off_duty.set()
        self._thread.join(_STOP_S)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._check_while_on_duty()
            self._stopping.wait(_IDLE_S)

    def _check_while_on_duty(self) -> None:
        fresh = True
        while not self._off_duty.is_set():
            try:
                if fresh:
                    self._begin()
                    fresh = False
                pause_s = self._turn()
            except WalletError as fault:
                _log.warning("drift_check_paused", reason=str(fault))
                pause_s = _AFTER_FAULT_S
            self._off_duty.wait(pause_s)
        self._metrics.forget()

    def _begin(self) -> None:
        self._check.restart()
        self._pass_began = time.monotonic()
        self._unproven = 0
        self._metrics.passed(self._proofs.pass_age_s() or 0.0)
        self._metrics.show(self._proofs.total())

    def _turn(self) -> float:
        """Look at a slice and return the seconds to rest after it.

        A pass that left something for later is followed by the next one without more ado.
        """
        began = time.monotonic()
        step = self._check.step()
        self._unproven += step.unproven
        self._tell(step)
        now = time.monotonic()
        rest_s = self._rest * (now - began)
        if not step.pass_ended:
            return rest_s
        if not self._unproven:
            rest_s = max(rest_s, self._pass_began + self._every_s - now)
        self._pass_began, self._unproven = now + rest_s, 0
        return rest_s

    def _tell(self, step: Step) -> None:
        self._metrics.checked(step.entries)
        for one in step.found:
            _log.error("drift_found", of=one.of.value, id=str(one.id), rupiah=one.rupiah, fault=one.fault)
        for mended in step.mended:
            _log.info("drift_mended", id=str(mended))
        if step.pass_ended:
            self._metrics.passed(0.0)
            self._metrics.left(self._unproven)
        if step.found or step.mended or step.pass_ended:
            self._metrics.show(self._proofs.total())
