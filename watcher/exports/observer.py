"""What the work on exports tells those who watch it."""

from typing import Any

from wallet.export_job import ExportJob, Failure


class ExportObserver:
    """Hears everything and does nothing; observers override what they care for."""

    def done(self, job: ExportJob, seconds: float, size: int) -> None:
        """An attempt of ``seconds`` stored ``size`` bytes."""

    def retried(self, job: ExportJob, attempts: int, reason: Failure, detail: str) -> None:
        """An attempt failed; the export waits for the next one."""

    def failed(self, job_id: Any, job: ExportJob | None, reason: Failure, detail: str) -> None:
        """It failed for good. Of a row that cannot be read, only the id is known."""

    def left(self, job: ExportJob) -> None:
        """The attempt was broken off: this watcher ends, or another one has taken the export over."""


class ExportObservers(ExportObserver):
    """Passes everything on to several."""

    def __init__(self, *observers: ExportObserver) -> None:
        self._observers = observers

    def done(self, job: ExportJob, seconds: float, size: int) -> None:
        for one in self._observers:
            one.done(job, seconds, size)

    def retried(self, job: ExportJob, attempts: int, reason: Failure, detail: str) -> None:
        for one in self._observers:
            one.retried(job, attempts, reason, detail)

    def failed(self, job_id: Any, job: ExportJob | None, reason: Failure, detail: str) -> None:
        for one in self._observers:
            one.failed(job_id, job, reason, detail)

    def left(self, job: ExportJob) -> None:
        for one in self._observers:
            one.left(job)
