"""The metrics port. Gunicorn's master serves it, for all workers and on no port that clients reach."""

from prometheus_flask_exporter.multiprocess import GunicornPrometheusMetrics


def serve_when_ready(host: str, port: int) -> None:
    """Serve the metrics of all workers at /metrics on ``port``."""
    GunicornPrometheusMetrics.start_http_server_when_ready(port, host)


def forget_worker(pid: int) -> None:
    """Drop the live gauges of a worker that ended; its counters stay counted."""
    GunicornPrometheusMetrics.mark_process_dead_on_child_exit(pid)
