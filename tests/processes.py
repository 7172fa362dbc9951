"""The API and the watcher as they run in production: real processes, told everything by their environment."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import canaries
import requests
from api import Api, over_http

from wallet.embedded.ports import ANY_ADDRESS, is_free
from wallet.store.roles import Duty
from wallet.supervisor import tether

PATIENCE_S = 40
GUNICORN = ("gunicorn", "--config", "python:service.gunicorn_conf", "service.wsgi:app")
WORKERS = 2
PORTS = [range(first, first + 3_000) for first in range(15_000, 30_000, 3_000)]
"""For each process of the run its own: between the look and the use of a port, nobody else looks there."""


UNMEASURED = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
"""Counting lines costs pods and watchers a third; tests of their parts run the same lines."""


def tethered(*module):
    """The command line of ``python -m`` something that ends with this process, however that ends."""
    tie = (sys.executable, "-I", "-S", tether.__file__, str(os.getpid()))
    return [*tie, sys.executable, "-m", *module]


class Process:
    """``python -m`` something, with its log as a list of events."""

    def __init__(self, *module, cwd, **env):
        self._asked_to_stop = False
        self._log = cwd / f"{module[0]}.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                tethered(*module),
                env={**UNMEASURED, **env},
                cwd=cwd,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def output(self):
        return self._log.read_text()

    @property
    def workers(self):
        """The pids of its children."""
        pid = self._process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    @property
    def children(self):
        """The pids of what any of its threads started."""
        lists = Path(f"/proc/{self._process.pid}/task").glob("*/children")
        return [int(child) for one in lists for child in one.read_text().split()]

    @property
    def events(self):
        return [json.loads(line) for line in self.output.splitlines()]

    def says(self, **fields):
        """Wait until a line of the log has these fields, and return it."""
        return wait_for(lambda: [line for line in self.events if line.items() >= fields.items()])[0]

    def wait_ready(self, url):
        wait_for(lambda: answers(url) or self._process.poll() is not None)
        assert self._process.poll() is None, self.output

    def terminate(self):
        """Ask it to stop; ask once, a second time kills."""
        if not self._asked_to_stop:
            self._asked_to_stop = True
            self._process.send_signal(signal.SIGTERM)

    def kill(self):
        """End it and its workers with no warning; it first, or it would start new ones."""
        for pid in (self._process.pid, *self.workers):
            os.kill(pid, signal.SIGKILL)

    def kill_alone(self):
        """End it with no warning, and leave its children to themselves."""
        self._process.kill()

    def wait(self):
        return self._process.wait(PATIENCE_S)

    def stop(self):
        """End it in any case, and say how it ended."""
        self.terminate()
        try:
            return self.wait()
        finally:
            self._process.kill()
            self._process.wait()
            canaries.search(str(self._log), self.output)


def wait_for(condition):
    """Wait until ``condition`` returns something, and return that."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := condition()):
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.05)
    return found


def answers(url):
    try:
        return requests.get(url, timeout=5).status_code == 200
    except (requests.ConnectionError, requests.Timeout):
        return False


def free_ports(count):
    """Free ports in a row, below those that the kernel hands out to clients meanwhile."""
    own = PORTS[int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % len(PORTS)]
    while True:
        first = random.choice(own)
        ports = range(first, first + count)
        if all(is_free(port, ANY_ADDRESS) for port in ports):
            return ports


class Deployment:
    """A pod and a watcher on free ports, each with its own rights in the database of the tests."""

    def __init__(self, mongod, cwd, **env):
        self.port, self.metrics_port, _ = free_ports(3)
        self.url = f"http://127.0.0.1:{self.port}"
        self.cwd = cwd
        self._env = {
            "MONGODB_URI": mongod.uri_as(Duty.POD, "dompet_test"),
            "LISTEN_HOST": "127.0.0.1",
            "MONGODB_DATABASE": "dompet_test",
            "JWT_SECRET": "jwt-secret-of-the-end-to-end-tests",
            "PIN_PEPPER": "pin-pepper-of-the-end-to-end-tests",
            "PORT": str(self.port),
            "METRICS_PORT": str(self.metrics_port),
            "WORKERS": str(WORKERS),
            "LOG_FORMAT": "json",
            "PIN_BLOCKLIST": "0",
            "RATE_LIMITS": "0",
            "TMPDIR": str(cwd),
            **env,
        }
        self._env_of_watcher = self._env | {"MONGODB_URI": mongod.uri_as(Duty.WATCHER, "dompet_test")}

    @property
    def api(self):
        return Api(over_http(self.url))

    @contextmanager
    def pod(self):
        process = Process(*GUNICORN, cwd=self.cwd, **self._env)
        try:
            process.wait_ready(f"{self.url}/readyz")
            yield process
        finally:
            process.stop()

    @contextmanager
    def watcher(self):
        process = Process("watcher", cwd=self.cwd, **self._env_of_watcher)
        try:
            process.wait_ready(f"http://127.0.0.1:{self.metrics_port + 1}/readyz")
            yield process
        finally:
            process.stop()

    def metrics(self, of_watcher=0):
        url = f"http://127.0.0.1:{self.metrics_port + of_watcher}/metrics"
        page = requests.get(url, timeout=5).text
        canaries.search(url, page)
        return page

    def count(self, metric, of_watcher=0, **labels):
        """The sum of the series of ``metric`` that have ``labels``."""
        series = re.findall(rf"^{metric}{{(.*)}} (\S+)$", self.metrics(of_watcher), re.MULTILINE)
        wanted = {f'{name}="{value}"' for name, value in labels.items()}
        return sum(float(value) for found, value in series if wanted <= set(found.split(",")))
