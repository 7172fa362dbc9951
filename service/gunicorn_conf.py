"""gunicorn's settings, from the environment.

gunicorn --config python:service.gunicorn_conf service.wsgi:app
"""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from service.settings import ServiceSettings
from wallet.logs import logging_config

_settings = ServiceSettings()

bind = f"{_settings.listen_host}:{_settings.port}"
# A greenlet a connection: who waits costs no thread, and switching costs no system call.
worker_class = "service.gunicorn_worker.BoundedWorker"
workers = _settings.workers
# Whoever waits holds a connection: the others have theirs all the same.
worker_connections = _settings.connections + _settings.waiters
graceful_timeout = 12
timeout = 30
keepalive = 75
# Heartbeats of workers are files: keep them in memory, a slow disk must not kill a worker.
worker_tmp_dir = "/dev/shm"  # noqa: S108 - memory of the container, not a shared folder  # nosec B108
# It would need a writable home, and lets whoever runs as our user stop the server.
control_socket_disable = True
logconfig_dict = logging_config(_settings.log_format, _settings.log_level)
logger_class = "service.gunicorn_logger.QuietLogger"

_MULTIPROC = "PROMETHEUS_MULTIPROC_DIR"


def on_starting(_server: Any) -> None:
    """Start with no metrics of an earlier life; before fork, because workers inherit the directory."""
    directory = Path(os.environ.get(_MULTIPROC) or tempfile.mkdtemp(prefix="dompet-metrics-"))
    os.environ[_MULTIPROC] = str(directory)
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)


def on_exit(_server: Any) -> None:
    """Leave no metrics behind."""
    shutil.rmtree(os.environ[_MULTIPROC], ignore_errors=True)


def when_ready(_server: Any) -> None:
    from service.metrics.port import serve_when_ready  # noqa: PLC0415 - it reads the directory at import

    serve_when_ready(_settings.listen_host, _settings.metrics_port)


def child_exit(_server: Any, worker: Any) -> None:
    from service.metrics.port import forget_worker  # noqa: PLC0415

    forget_worker(worker.pid)
