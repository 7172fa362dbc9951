"""The events of exports as log lines."""

from typing import Any

import structlog

from wallet.export_job import ExportJob, Failure
from watcher.exports.observer import ExportObserver
from watcher.observer import Observer

_log = structlog.get_logger("watcher")

_WORK = "exports"


class ExportLog(ExportObserver):
    """One line for what became of an attempt. Never whose it is, nor what is in it."""

    def done(self, job: ExportJob, seconds: float, size: int) -> None:
        _log.info("export_done", **_ids(job), format=job.format.value, seconds=round(seconds, 3), bytes=size)

    def retried(self, job: ExportJob, attempts: int, reason: Failure, detail: str) -> None:
        _log.warning("export_retried", **_ids(job), attempts=attempts, reason=reason.value, detail=detail)

    def failed(self, job_id: Any, job: ExportJob | None, reason: Failure, detail: str) -> None:
        known = _ids(job) if job else {"export_id": str(job_id)}
        _log.error("export_failed", **known, reason=reason.value, detail=detail)

    def left(self, job: ExportJob) -> None:
        _log.info("export_left", **_ids(job))


class LoopLog(Observer):
    """What the loop and the doorbell of exports say of themselves."""

    def paused(self, fault: Exception) -> None:
        _log.warning("loop_paused", work=_WORK, reason=str(fault))

    def stream_opened(self) -> None:
        _log.info("stream_opened", work=_WORK)

    def stream_lost(self, fault: Exception) -> None:
        _log.warning("stream_lost", work=_WORK, reason=str(fault))


def _ids(job: ExportJob) -> dict[str, str]:
    return {"export_id": str(job.id), "request_id": job.request_id}
