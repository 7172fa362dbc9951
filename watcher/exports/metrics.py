"""What became of exports and how long they took."""

from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram

from wallet.export_job import ExportJob, Failure, Format
from watcher.exports.observer import ExportObserver

_BUCKETS_S = (0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0)
_DONE, _FAILED = "done", "failed"
_UNKNOWN = ""
"""The format of a row that cannot be read."""


class ExportMetrics(ExportObserver):
    """Every series is there at 0 before its first event."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._ended = Counter(
            "wallet_exports",
            "Exports by what became of them for good, and why",
            ["format", "outcome", "reason"],
            registry=registry,
        )
        self._retries = Counter(
            "wallet_export_retries",
            "Attempts that failed and wait for the next, by reason",
            ["reason"],
            registry=registry,
        )
        self._took = Histogram(
            "wallet_export_seconds",
            "One attempt that came to a good end",
            ["format"],
            buckets=_BUCKETS_S,
            registry=registry,
        )
        for kind in Format:
            self._ended.labels(kind, _DONE, "")
            self._took.labels(kind)
            for reason in Failure:
                self._ended.labels(kind, _FAILED, reason)
        for reason in Failure:
            self._retries.labels(reason)

    def done(self, job: ExportJob, seconds: float, size: int) -> None:  # noqa: ARG002
        self._ended.labels(job.format, _DONE, "").inc()
        self._took.labels(job.format).observe(seconds)

    def retried(self, job: ExportJob, attempts: int, reason: Failure, detail: str) -> None:  # noqa: ARG002
        self._retries.labels(reason).inc()

    def failed(self, job_id: Any, job: ExportJob | None, reason: Failure, detail: str) -> None:  # noqa: ARG002
        self._ended.labels(job.format if job else _UNKNOWN, _FAILED, reason).inc()
