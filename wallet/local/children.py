"""The processes of Dompet, as Kubernetes would run them: two jobs, then pods."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wallet.embedded.ports import LOOPBACK
from wallet.local.root import PROJECT_ROOT
from wallet.local.secret_file import SECRETS, keep_secrets
from wallet.local.settings import LocalSettings
from wallet.local.storage import Storage
from wallet.supervisor.spec import ChildSpec


def environment(settings: LocalSettings, mongodb_uri: str, storage: Storage | None = None) -> dict[str, str]:
    """Return what every process is told; the user's own environment goes before our defaults."""
    return {
        **(storage.env if storage else {}),
        "LISTEN_HOST": LOOPBACK,
        "PIN_BLOCKLIST": "0",  # the examples of the documentation have 123456
        "LOG_FORMAT": "color" if sys.stdout.isatty() else "console",
        **keep_secrets(settings.data_dir / SECRETS),
        **{name: value for name, value in os.environ.items() if value},
        "MONGODB_URI": mongodb_uri,
        "PORT": str(settings.port),
        "METRICS_PORT": str(settings.metrics_port),
        "WORKERS": str(settings.workers),
        "PYTHONUNBUFFERED": "1",
    }


@dataclass(frozen=True)
class Children:
    """The specs of all processes, which share one environment."""

    env: Mapping[str, str]

    def migrate(self) -> ChildSpec:
        return self._python("migrate", "wallet.cli", "migrate")

    def seed(self, folder: Path) -> ChildSpec:
        return self._python("seed", "wallet.cli", "seed", str(folder), "--if-empty")

    def api(self, metrics: Path) -> ChildSpec:
        gunicorn = ("gunicorn", "--config", "python:service.gunicorn_conf", "service.wsgi:app")
        return self._python("api", *gunicorn, PROMETHEUS_MULTIPROC_DIR=str(metrics))

    def watcher(self, index: int) -> ChildSpec:
        return self._python(f"watcher-{index}", "watcher", WATCHER_INDEX=str(index))

    def storage(self, storage: Storage) -> ChildSpec:
        return self._python("storage", "wallet.local.moto", str(storage.port), storage.bucket)

    def _python(self, name: str, *module_and_arguments: str, **env: str) -> ChildSpec:
        argv = (sys.executable, "-m", *module_and_arguments)
        # The packages are found from there, whatever directory the command was given in.
        return ChildSpec(name, argv, {**self.env, **env}, cwd=PROJECT_ROOT)
