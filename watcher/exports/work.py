"""The work on exports: claim one, have it made, say what became of it."""

import random
import time
from collections.abc import Callable, Sequence
from threading import Event

from wallet.errors import MalformedDocument, Unavailable
from wallet.export_job import ATTEMPTS, ExportJob, Failure, delay_s
from wallet.exports.outcome import Outcome
from wallet.store.arrivals import Arrival
from wallet.store.faults import StoreFault
from wallet.store.jobs import LEASE_S, Claim, Jobs
from watcher.exports.child import Maker
from watcher.exports.observer import ExportObserver

SWEEP_S = 2.0
"""Look for what did not ring this often, a little less or more, so that watchers do not look together."""

RENEW_S = 5.0

Monotonic = Callable[[], float]


class Exports:
    """One export at a time. Whatever goes wrong with one, the next one's turn comes."""

    def __init__(
        self,
        jobs: Jobs,
        make: Maker,
        observer: ExportObserver,
        *,
        name: str,
        monotonic: Monotonic = time.monotonic,
    ) -> None:
        self._jobs = jobs
        self._make = make
        self._observer = observer
        self._name = name
        self._monotonic = monotonic
        self._asked = Event()
        self._stopping = Event()
        self._next_sweep = 0.0

    @property
    def behind(self) -> bool:
        """Never: exports are few, and each ring only asks for a look."""
        return False

    @property
    def full_batch_waits(self) -> bool:
        """Never: what is claimed is under a lease, and must be begun at once."""
        return False

    def ring(self, _arrival: Arrival) -> bool:
        """Ask for a look, whatever arrived: who is free first takes it."""
        self._asked.set()
        return True

    def sweep_soon(self) -> None:
        self._asked.set()

    def sweep_everything(self) -> None:
        self._asked.set()

    def begin(self) -> None:
        """Do nothing: a watcher has one heart, and it beats elsewhere."""

    def next(self) -> Sequence[Claim] | None:
        """Claim the oldest export that is due, when it is time for a look."""
        if not self._asked.is_set() and self._monotonic() < self._next_sweep:
            return None
        self._asked.clear()  # before the look: who asks amid it wants another
        claim = self._jobs.claim(self._name)
        if claim is None:
            rest_s = SWEEP_S * random.uniform(0.8, 1.2)  # noqa: S311 - jitter  # nosec B311
            self._next_sweep = self._monotonic() + rest_s
            return None
        self._asked.set()  # there may be more
        return [claim]

    def execute(self, batch: Sequence[Claim]) -> None:
        for claim in batch:
            self._attempt(claim)

    def stop(self) -> None:
        """Break off what is being made: the others begin it anew."""
        self._stopping.set()

    def leave(self) -> None:
        """Do nothing: nobody counts on this one."""

    def _attempt(self, claim: Claim) -> None:
        job = self._read(claim)
        if job is None:
            self._fail(claim, None, Failure.MALFORMED, "the row cannot be read")
        elif claim.attempts > ATTEMPTS:
            self._fail(claim, job, Failure.INTERRUPTED, "whoever tried it has died of it")
        else:
            self._conclude(claim, job)

    def _read(self, claim: Claim) -> ExportJob | None:
        try:
            return self._jobs.by_id(claim.id)
        except MalformedDocument:
            return None

    def _conclude(self, claim: Claim, job: ExportJob) -> None:
        started = self._monotonic()
        outcome = self._made(claim)
        if outcome is None:
            self._jobs.release(claim)
            self._observer.left(job)
        elif outcome.failure is None:
            if self._jobs.finish(claim, outcome.size):
                self._observer.done(job, self._monotonic() - started, outcome.size)
        elif outcome.failure.final or claim.attempts >= ATTEMPTS:
            self._fail(claim, job, outcome.failure, outcome.detail)
        else:
            self._retry(claim, job, outcome.failure, outcome.detail)

    def _made(self, claim: Claim) -> Outcome | None:
        try:
            return self._make(claim.id, self._holder(claim))
        except (Unavailable, StoreFault):
            raise
        except Exception as fault:  # noqa: BLE001 - whatever it is, it must not stop the others
            return Outcome(failure=Failure.INTERNAL_ERROR, detail=repr(fault))

    def _holder(self, claim: Claim) -> Callable[[], bool]:
        """Return what renews the lease as long as the work goes on, and says when it must not."""
        renewed = self._monotonic()

        def hold() -> bool:
            nonlocal renewed
            if self._stopping.is_set():
                return False
            now = self._monotonic()
            if now - renewed < RENEW_S:
                return True
            try:
                mine = self._jobs.renew(claim)
            except (Unavailable, StoreFault):
                return now - renewed < LEASE_S
            renewed = now
            return mine

        return hold

    def _retry(self, claim: Claim, job: ExportJob, reason: Failure, detail: str) -> None:
        wait_s = delay_s(claim.attempts) * random.uniform(0.75, 1.25)  # noqa: S311 - jitter  # nosec B311
        if self._jobs.retry(claim, wait_s):
            self._observer.retried(job, claim.attempts, reason, detail)

    def _fail(self, claim: Claim, job: ExportJob | None, reason: Failure, detail: str) -> None:
        if self._jobs.fail(claim, reason):
            self._observer.failed(claim.id, job, reason, detail)
