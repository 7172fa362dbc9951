"""`dompet up` as a newcomer meets it: real processes, killed for real."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Thread

import pytest
from processes import free_ports, tethered
from pymongo import MongoClient

from wallet.audit import audit
from wallet.embedded import EmbeddedServer
from wallet.store.client import connect, open_database

READY_SECONDS = 60
PATIENCE_SECONDS = 60
READY = "Dompet is ready"


class Up:
    """A running `dompet up`."""

    def __init__(self, data_dir: Path, first_port: int, **env: str) -> None:
        self.data_dir = data_dir
        self.port, self.metrics_port, self.watcher_port = range(first_port, first_port + 3)
        ports = {"PORT": str(self.port), "METRICS_PORT": str(self.metrics_port)}
        self._lines: list[str] = []
        self._process = subprocess.Popen(
            tethered("wallet.cli", "up"),
            env={**os.environ, **ports, "DATA_DIR": str(data_dir), **env},
            cwd=data_dir.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._listener = Thread(target=self._listen)
        self._listener.start()

    @property
    def output(self) -> str:
        return "".join(self._lines)

    @property
    def uri(self) -> str:
        return (self.data_dir / "mongodb-uri").read_text().strip()

    @property
    def tour(self) -> str:
        return re.search(r"^API=http(.*\n)*?.*/transactions.*\n", self.output, re.MULTILINE)[0]

    def says(self, text: str, times: int = 1, seconds: float = PATIENCE_SECONDS) -> bool:
        """Wait until it said that so often."""
        wait_until(lambda: self.output.count(text) >= times or self._process.poll() is not None, seconds)
        return self.output.count(text) >= times

    def is_ready(self) -> bool:
        return all(answers_ready(port) for port in (self.port, self.watcher_port))

    def descendants(self, command: str) -> list[int]:
        """Return the pids of the processes under it that run such a command, the oldest first."""
        return [pid for pid in descendants_of(self._process.pid) if command in command_of(pid)]

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def wait(self) -> int:
        """Return its exit code, and leave nothing behind even if it does not end."""
        try:
            return self._process.wait(READY_SECONDS)
        finally:
            self._process.kill()
            self._process.wait()
            self._listener.join()

    def _listen(self) -> None:
        with self._process.stdout as output:
            self._lines.extend(output)


@contextmanager
def dompet_up(data_dir: Path, first_port: int, **env: str):
    """Run it to its banner, then stop it in order."""
    up = Up(data_dir, first_port, **env)
    try:
        assert up.says(READY, seconds=READY_SECONDS), up.output
        yield up
    finally:
        up.send(signal.SIGTERM)
        up.wait()


def wait_until(condition: Callable[[], object], seconds: float = PATIENCE_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.05)


def answers_ready(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def descendants_of(pid: int) -> list[int]:
    children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [*children, *(grandchild for child in children for grandchild in descendants_of(child))]


def command_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")


def is_gone(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z"


def paste(script: str) -> list[dict[str, object]]:
    """Return the answers that bash prints when the script is pasted into it."""
    ended = subprocess.run(["bash"], input=script, text=True, capture_output=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line) for line in ended.stdout.splitlines() if line.strip()]


@pytest.fixture(scope="module")
def up(tmp_path_factory):
    with dompet_up(tmp_path_factory.mktemp("up") / "data", free_ports(3)[0]) as up:
        yield up
        prove_the_ledger(up)


def prove_the_ledger(up: Up) -> None:
    audit = [sys.executable, "-m", "wallet.cli", "audit", "--uri", up.uri]
    ended = subprocess.run(audit, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def assert_audit_is_clean(data_dir: Path) -> None:
    """Hold what an `up` that is gone left behind to the promises."""
    with EmbeddedServer(data_dir) as server, connect(server.uri, application="tests") as client:
        assert audit(open_database(client, "dompet")).offences == ()


def test_the_tour_works_when_pasted_and_when_pasted_again(up):
    registered, *_, topped_up, paid, transferred, transactions = paste(up.tour)

    assert registered["result"]["phone_number"] == "0811255501"
    assert topped_up["result"]["balance_after"] == 500_000
    assert paid["result"]["balance_after"] == 400_000
    assert transferred["result"]["balance_after"] == 370_000
    assert [entry["amount"] for entry in transactions["result"]] == [30_000, 100_000, 500_000]
    again, *_, transactions = paste(up.tour)
    assert again["message"] == "Phone Number already registered"
    assert len(transactions["result"]) == 6


def test_a_watcher_that_is_killed_is_named_and_runs_again(up):
    [watcher] = up.descendants("-m watcher")

    os.kill(watcher, signal.SIGKILL)

    assert up.says(f"watcher-0 (pid {watcher}) was killed by SIGKILL")
    wait_until(up.is_ready)


def test_a_worker_that_is_killed_is_replaced(up):
    master, *workers = up.descendants("gunicorn")

    os.kill(workers[0], signal.SIGKILL)

    wait_until(lambda: is_gone(workers[0]) and len(up.descendants("gunicorn")) == 1 + len(workers))
    wait_until(up.is_ready)
    assert up.descendants("gunicorn")[0] == master


def test_an_api_that_is_killed_is_named_and_runs_again(up):
    [master, *workers] = up.descendants("gunicorn")

    os.kill(master, signal.SIGKILL)

    assert up.says(f"api (pid {master}) was killed by SIGKILL")
    wait_until(lambda: up.descendants("gunicorn") and up.is_ready())
    assert all(map(is_gone, workers))


def test_a_database_that_is_killed_is_named_and_comes_back_where_it_was(up):
    [mongod] = up.descendants("mongod ")

    os.kill(mongod, signal.SIGKILL)

    assert up.says(f"mongodb (pid {mongod}) was killed by SIGKILL")
    wait_until(up.is_ready)
    with MongoClient(up.uri) as client:
        assert client.admin.command("hello")["isWritablePrimary"]


def test_it_stops_in_order_and_the_data_is_there_next_time(tmp_path):
    with dompet_up(tmp_path / "data", free_ports(3)[0], EXAMPLE_DATA="0") as first:
        paste(first.tour)
        uri = first.uri
        everything = first.descendants("")

        first.send(signal.SIGTERM)

        assert first.wait() == 0, first.output
    assert re.findall(r"stopping (\S+)", first.output) == ["watcher-0", "api", "storage", "mongodb"]
    assert all(map(is_gone, everything))

    with dompet_up(tmp_path / "data", free_ports(3)[0], EXAMPLE_DATA="0") as second:
        *_, transactions = paste(second.tour)

        assert second.uri == uri
        assert len(transactions["result"]) == 6
        prove_the_ledger(second)


def test_ctrl_c_while_it_starts_ends_it_in_order(tmp_path):
    up = Up(tmp_path / "data", free_ports(3)[0])
    assert up.says("starting MongoDB")

    up.send(signal.SIGINT)

    assert up.wait() == 0, up.output


def test_nothing_outlives_an_up_that_is_killed(tmp_path):
    with dompet_up(tmp_path / "data", free_ports(3)[0]) as up:
        everything = up.descendants("")

        up.send(signal.SIGKILL)

        wait_until(lambda: all(map(is_gone, everything)))
    assert_audit_is_clean(tmp_path / "data")


def test_a_process_that_keeps_dying_ends_everything_with_what_it_said(tmp_path):
    up = Up(tmp_path / "data", free_ports(3)[0], JWT_SECRET="guessable")

    assert up.wait() == 1

    assert re.search(
        r"dompet: api \(pid \d+\) exited with code \d+, 5 times in a row\n(.*\n)*.*jwt_secret", up.output
    )
    assert "stopping mongodb" in up.output
    assert_audit_is_clean(tmp_path / "data")


def test_a_port_that_is_taken_is_named_before_anything_starts(tmp_path):
    port = free_ports(3)[0]
    with socket.create_server(("127.0.0.1", port)):
        up = Up(tmp_path / "data", port)

        assert up.wait() == 1

    assert re.search(rf"Port {port} \(the API\) is taken by .* PORT=\d+ make up", up.output)
    assert not up.data_dir.exists()
