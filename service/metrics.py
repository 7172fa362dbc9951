"""Request metrics by route. They are served on the metrics port only, by gunicorn's master."""

from apiflask import APIFlask
from flask import request
from prometheus_flask_exporter.multiprocess import GunicornPrometheusMetrics

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})
_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


def register(app: APIFlask) -> None:
    app.before_request(_leave_out_inventions)
    GunicornPrometheusMetrics(
        app,
        group_by="url_rule",
        defaults_prefix="wallet",
        buckets=_BUCKETS_S,
        excluded_paths=["^/livez$", "^/readyz$"],
    )


def _leave_out_inventions() -> None:
    """Count no method that a client made up: each would be a series of its own for ever."""
    if request.method not in _METHODS:
        request.prom_do_not_track = True  # type: ignore[attr-defined]


def serve_when_ready(host: str, port: int) -> None:
    """Serve the metrics of all workers at /metrics on ``port``."""
    GunicornPrometheusMetrics.start_http_server_when_ready(port, host)


def forget_worker(pid: int) -> None:
    """Drop the live gauges of a worker that ended; its counters stay counted."""
    GunicornPrometheusMetrics.mark_process_dead_on_child_exit(pid)
