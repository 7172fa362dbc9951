"""A real Prometheus and a real Alertmanager, on free ports of loopback, with the rules at a faster pace."""

import json
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
import yaml
from boards import GRAFANA
from watching import wait_until

from wallet.embedded.ports import LOOPBACK, free_port
from wallet.supervisor.process import Process
from wallet.supervisor.spec import ChildSpec

SCRAPE_S = 1
TIME_SCALE = 1 / 30
"""Ten seconds for five minutes: the shortest range still holds ten scrapes."""

STARTS_WITHIN_S = 30
STOPS_WITHIN_S = 10
ALERTMANAGER = "prometheus-alertmanager"
"""What Debian calls it; elsewhere it is ``alertmanager``."""


@dataclass(frozen=True)
class Monitoring:
    """Where they listen."""

    prometheus: str
    alertmanager: str

    def query(self, expr):
        """The series that ``expr`` gives now, as Prometheus tells them."""
        reply = requests.post(f"{self.prometheus}/api/v1/query", data={"query": expr}, timeout=10)
        body = reply.json()
        assert body["status"] == "success", (expr, body)
        return body["data"]["result"]

    def value(self, expr):
        """The one value of ``expr``, or None."""
        found = self.query(expr)
        assert len(found) <= 1, found
        return float(found[0]["value"][1]) if found else None

    def firing(self):
        """The alerts that have reached Alertmanager and are not over, as it tells them."""
        reply = requests.get(f"{self.alertmanager}/api/v2/alerts", timeout=10)
        return reply.json()

    def is_firing(self, alert, **labels):
        wanted = {"alertname": alert, **labels}.items()
        return any(wanted <= one["labels"].items() for one in self.firing())


@contextmanager
def monitoring(folder: Path, targets):
    """Run both until the block ends. ``targets`` are metrics ports by job."""
    prometheus, alertmanager = free_port(), free_port()
    command = [sys.executable, "-m", "grafana", "--output", str(folder), "--time-scale", str(TIME_SCALE)]
    subprocess.run(command, cwd=GRAFANA.parent, check=True)
    with _alertmanager(folder, alertmanager), _prometheus(folder, prometheus, alertmanager, targets):
        yield Monitoring(f"http://{LOOPBACK}:{prometheus}", f"http://{LOOPBACK}:{alertmanager}")


@contextmanager
def _prometheus(folder, port, alertmanager, targets):
    config = {
        "global": {"scrape_interval": f"{SCRAPE_S}s", "evaluation_interval": f"{SCRAPE_S}s"},
        "rule_files": [str(folder / "rules" / "dompet.rules.yaml")],
        "alerting": {
            "alertmanagers": [{"static_configs": [{"targets": [f"{LOOPBACK}:{alertmanager}"]}]}],
        },
        "scrape_configs": [
            {
                "job_name": job,
                "static_configs": [
                    {"targets": [f"{LOOPBACK}:{one}" for one in ports], "labels": {"namespace": "dompet"}}
                ],
            }
            for job, ports in targets.items()
        ],
    }
    file = folder / "prometheus.yaml"
    file.write_text(yaml.safe_dump(config))
    argv = (
        *("prometheus", f"--config.file={file}", f"--storage.tsdb.path={folder / 'tsdb'}"),
        *(f"--web.listen-address={LOOPBACK}:{port}", "--log.level=warn"),
    )
    with _running("prometheus", argv, f"http://{LOOPBACK}:{port}/-/ready"):
        yield


@contextmanager
def _alertmanager(folder, port):
    file = folder / "alertmanager.yaml"
    file.write_text(json.dumps({"route": {"receiver": "nobody"}, "receivers": [{"name": "nobody"}]}))
    argv = (
        *(ALERTMANAGER, f"--config.file={file}", f"--storage.path={folder / 'alertmanager'}"),
        *(f"--web.listen-address={LOOPBACK}:{port}", "--cluster.listen-address=", "--log.level=warn"),
    )
    with _running("alertmanager", argv, f"http://{LOOPBACK}:{port}/-/ready"):
        yield


@contextmanager
def _running(name, argv, ready):
    process = Process(ChildSpec(name, argv))
    try:
        wait_until(lambda: process.poll() is not None or answers(ready), within_s=STARTS_WITHIN_S)
        assert process.poll() is None, process.output()
        yield
    finally:
        process.stop(STOPS_WITHIN_S)


def answers(url):
    try:
        return requests.get(url, timeout=5).ok
    except requests.RequestException:
        return False
