"""The API and the watcher as they run in production: real processes, told everything by their environment."""

import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest
import requests
from api import Api, over_http, phone_number, random_id, registration

from wallet.embedded.ports import ANY_ADDRESS, is_free

PATIENCE_S = 20
GUNICORN = ("gunicorn", "--config", "python:service.gunicorn_conf", "service.wsgi:app")
WORKERS = 2


class Process:
    """``python -m`` something, with its log as a list of events."""

    def __init__(self, *module, cwd, **env):
        self._asked_to_stop = False
        self._log = cwd / f"{module[0]}.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *module],
                env={**os.environ, **env},
                cwd=cwd,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def output(self):
        return self._log.read_text()

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
    except requests.ConnectionError:
        return False


def free_ports(count):
    """Free ports in a row, below those that the kernel hands out to clients meanwhile."""
    while True:
        first = random.randrange(15_000, 30_000)
        ports = range(first, first + count)
        if all(is_free(port, ANY_ADDRESS) for port in ports):
            return ports


class Deployment:
    """A pod and a watcher on free ports."""

    def __init__(self, uri, cwd):
        self.port, self.metrics_port, _ = free_ports(3)
        self.url = f"http://127.0.0.1:{self.port}"
        self.cwd = cwd
        self._env = {
            "MONGODB_URI": uri,
            "LISTEN_HOST": "127.0.0.1",
            "MONGODB_DATABASE": "dompet_test",
            "JWT_SECRET": "jwt-secret-of-the-end-to-end-tests",
            "PIN_PEPPER": "pin-pepper-of-the-end-to-end-tests",
            "PORT": str(self.port),
            "METRICS_PORT": str(self.metrics_port),
            "WORKERS": str(WORKERS),
            "LOG_FORMAT": "json",
            "TMPDIR": str(cwd),
        }

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
        process = Process("watcher", cwd=self.cwd, **self._env)
        try:
            process.wait_ready(f"http://127.0.0.1:{self.metrics_port + 1}/readyz")
            yield process
        finally:
            process.stop()

    def metrics(self, of_watcher=0):
        url = f"http://127.0.0.1:{self.metrics_port + of_watcher}/metrics"
        return requests.get(url, timeout=5).text

    def count(self, metric, of_watcher=0, **labels):
        """The sum of the series of ``metric`` that have ``labels``."""
        series = re.findall(rf"^{metric}{{(.*)}} (\S+)$", self.metrics(of_watcher), re.MULTILINE)
        wanted = {f'{name}="{value}"' for name, value in labels.items()}
        return sum(float(value) for found, value in series if wanted <= set(found.split(",")))


@pytest.fixture(scope="module")
def running(mongod, migrated, tmp_path_factory):  # noqa: ARG001 - the processes work on it
    """A pod of two workers and a watcher, for the tests that leave them running."""
    deployment = Deployment(mongod.uri, tmp_path_factory.mktemp("deployment"))
    with ExitStack() as stack:
        deployment.processes = [
            stack.enter_context(start()) for start in (deployment.pod, deployment.watcher)
        ]
        yield deployment
        for process in deployment.processes:
            process.terminate()


@pytest.fixture
def deployment(running, database):  # noqa: ARG001 - it is empty afterwards
    return running


def test_the_whole_way_over_http(deployment):
    guntur, tom = deployment.api.sign_up(), deployment.api.sign_up(first_name="Tom")
    guntur.top_up(500_000)
    guntur.pay(100_000)
    sent = guntur.transfer(tom.id, 30_000)

    wait_for(lambda: guntur.get(sent.headers["Location"]).result["status"] == "SUCCESS")

    assert (guntur.balance, tom.balance) == (370_000, 30_000)
    assert [line["amount"] for line in guntur.transactions().result] == [30_000, 100_000, 500_000]
    assert tom.update_profile(last_name="Araya").result["last_name"] == "Araya"


class TestMetrics:
    @pytest.fixture
    def guntur(self, deployment):
        return deployment.api.sign_up()

    def test_requests_are_counted_by_route_over_all_workers(self, deployment, guntur):
        def counts():
            by_route = "wallet_http_request_duration_seconds_count"
            return [
                deployment.count(by_route, url_rule="/topup", method="POST", status=201),
                deployment.count(by_route, url_rule="/topup", method="POST", status=400),
            ]

        before = counts()
        with ThreadPoolExecutor(16) as pool:
            statuses = list(pool.map(lambda amount: guntur.top_up(amount).status, [1] * 40 + [0] * 20))

        assert (statuses.count(201), statuses.count(400)) == (40, 20)
        assert counts() == [before[0] + 40, before[1] + 20]

    def test_both_workers_served(self, deployment, guntur):
        """Else the test above would pass without adding anything up."""

        def files():
            return list(deployment.cwd.glob("dompet-metrics-*/counter_*.db"))

        def crowd():
            with ThreadPoolExecutor(16) as pool:
                list(pool.map(lambda _: guntur.profile(), range(64)))
            return len(files()) == WORKERS

        assert wait_for(crowd)

    def test_ids_in_paths_make_no_series(self, deployment, guntur):
        ids = [random_id() for _ in range(5)]
        for one in ids:
            guntur.transfer_status(one)
            guntur.get(f"/nope/{one}")

        metrics = deployment.metrics()

        assert not any(one in metrics for one in ids)
        assert 'url_rule="/transfers/<uuid:transfer_id>"' in metrics

    def test_invented_methods_make_no_series(self, deployment, guntur):
        for method in ("BREW", "BREW-2", "brew"):
            assert guntur.request(method, "/topup").status == 405

        assert "brew" not in deployment.metrics().lower()

    def test_probes_are_not_counted(self, deployment):
        deployment.api.livez()

        assert "livez" not in deployment.metrics()
        assert "readyz" not in deployment.metrics()

    def test_they_are_on_their_own_port_only(self, deployment, guntur):
        """What clients reach tells nothing about the others."""
        assert deployment.api.get("/metrics").status == 404
        assert guntur.get("/metrics").status == 404

    def test_the_watcher_has_the_next_port(self, deployment, guntur):
        watcher = f"http://127.0.0.1:{deployment.metrics_port + 1}"
        tom = deployment.api.sign_up()
        before = deployment.count("wallet_transfers_total", of_watcher=1, outcome="settled")
        guntur.top_up(3)
        for _ in range(3):
            guntur.transfer(tom.id, 1)

        wait_for(
            lambda: deployment.count("wallet_transfers_total", of_watcher=1, outcome="settled") == before + 3
        )
        assert answers(f"{watcher}/livez")
        assert answers(f"{watcher}/readyz")


def test_a_request_id_leads_from_the_reply_to_both_logs(deployment):
    pod, watcher = deployment.processes
    guntur, tom = deployment.api.sign_up(), deployment.api.sign_up()
    guntur.top_up(1_000)
    request_id = f"acceptance-{random_id()}"

    sent = guntur.transfer(tom.id, 1_000, request_id=request_id)

    assert sent.headers["X-Request-ID"] == request_id
    line = pod.says(event="request", request_id=request_id)
    assert (line["method"], line["route"], line["status"]) == ("POST", "/transfer", 202)
    line = watcher.says(event="transfer_settled", request_id=request_id)
    assert line["transfer_id"] == sent.result["transfer_id"]


def test_no_log_line_has_a_secret_in_it(deployment):
    number, secret = phone_number(), random_id()
    body = registration(phone_number=number, pin="735918", first_name=f"Guntur {secret}")
    deployment.api.post("/register", body)
    tokens = deployment.api.login(number, "735918").result
    deployment.api.login(number, "735917")
    deployment.api.post("/register", {**body, "pin": "x735918"})
    deployment.api.with_token(tokens["access_token"]).profile()
    pod, watcher = deployment.processes
    deployment.api.get("/profile", headers={"X-Request-ID": secret[:8]})
    pod.says(request_id=secret[:8])

    written = pod.output + watcher.output
    for text in ("735918", "735917", number, f"Guntur {secret}", *tokens.values(), "end-to-end-tests"):
        assert text not in written


class TestBodiesOnTheWire:
    """What Flask's test client cannot send."""

    @pytest.fixture
    def guntur(self, deployment):
        return deployment.api.sign_up()

    def chunked(self, deployment, guntur, *chunks):
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {guntur.token}"}
        return requests.post(f"{deployment.url}/topup", data=iter(chunks), headers=headers, timeout=10)

    def test_a_chunked_body_is_a_body(self, deployment, guntur):
        assert self.chunked(deployment, guntur, b'{"amo', b'unt":', b"5}").status_code == 201

    def test_an_oversized_chunked_body_is_413(self, deployment, guntur):
        reply = self.chunked(deployment, guntur, b'{"amount":5}', b" " * 16_384, b"no JSON")

        assert (reply.status_code, reply.json()["code"]) == (413, "request_entity_too_large")
        assert guntur.balance == 0

    @pytest.mark.parametrize("told", ["Content-Length: 100", "Transfer-Encoding: chunked"])
    def test_a_client_that_hangs_up_halfway_moves_no_money(self, deployment, guntur, told):
        body = b'{"amount":5' if "Length" in told else b'b\r\n{"amount":5\r\n'
        head = (
            f"POST /topup HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {guntur.token}\r\n{told}\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", deployment.port), timeout=10) as wire:
            wire.sendall(head.encode() + body)
            wire.shutdown(socket.SHUT_WR)
            reply = wire.recv(1_000)

        assert reply == b"" or reply.startswith(b"HTTP/1.1 400")
        assert guntur.balance == 0


class TestStop:
    @pytest.fixture
    def fresh(self, mongod, database, tmp_path):  # noqa: ARG002 - it is empty afterwards
        return Deployment(mongod.uri, tmp_path)

    def test_sigterm_answers_every_request_in_flight(self, fresh, client, database):
        """The pod takes no new ones, finishes what it has begun, and exits with 0."""
        with fresh.pod() as pod, ThreadPoolExecutor(16) as pool:
            users = list(pool.map(lambda _: fresh.api.sign_up(), range(4)))
            with slow_inserts(client, seconds=1):
                top_ups = [pool.submit(user.top_up, 1) for user in users]
                registrations = [pool.submit(fresh.api.register) for _ in range(12)]
                wait_for(lambda: len(blocked(client, "insert")) > 12)
                pod.terminate()
                code = pod.wait()

        assert [reply.result().status for reply in top_ups + registrations] == [201] * 16
        assert code == 0
        assert is_free(fresh.port)
        assert database["entries"].count_documents({}) == 4
        assert database["users"].count_documents({}) == 16

    def test_what_was_accepted_before_the_watcher_ran_is_settled_when_it_does(self, fresh):
        """And both stop in order and leave nothing behind."""
        with fresh.pod() as pod:
            guntur, tom = fresh.api.sign_up(), fresh.api.sign_up()
            guntur.top_up(10)
            sent = [guntur.transfer(tom.id, 1) for _ in range(10)]
            assert {reply.result["status"] for reply in sent} == {"PENDING"}

            with fresh.watcher() as watcher:
                wait_for(lambda: tom.balance == 10)
                assert list(fresh.cwd.glob("dompet-metrics-*"))

                assert (pod.stop(), watcher.stop()) == (0, 0)

        assert not list(fresh.cwd.glob("dompet-metrics-*"))
        assert "Traceback" not in pod.output + watcher.output
        assert is_free(fresh.metrics_port)
        assert is_free(fresh.metrics_port + 1)


class TestSecrets:
    """Start-up refuses what anybody could forge tokens with, and says how to mend it."""

    @pytest.mark.parametrize("name", ["JWT_SECRET", "PIN_PEPPER"])
    @pytest.mark.parametrize("value", ["", "secret", "a" * 64])
    def test_a_missing_or_weak_secret_stops_the_pod(self, tmp_path, name, value):
        good = {
            "JWT_SECRET": "a-good-secret-of-sufficient-length",
            "PIN_PEPPER": "0123456789" * 2 + "abcdefghijkl",
        }
        env = {"MONGODB_URI": "mongodb://user:hunter2@127.0.0.1:1/", "PORT": "0", **good, name: value}

        pod = Process(*GUNICORN, cwd=tmp_path, **env)

        assert pod.wait() != 0
        assert name.lower() in pod.output
        assert "openssl rand -base64 32" in pod.output
        for secret in (*good.values(), "hunter2", "a" * 64):
            assert secret not in pod.output


@contextmanager
def slow_inserts(client, seconds):
    slow = {"failCommands": ["insert"], "blockConnection": True, "blockTimeMS": int(seconds * 1_000)}
    data = {"appName": "dompet-api", **slow}
    client.admin.command("configureFailPoint", "failCommand", mode="alwaysOn", data=data)
    try:
        yield
    finally:
        client.admin.command("configureFailPoint", "failCommand", mode="off")


def blocked(client, command):
    running = {"appName": "dompet-api", f"command.{command}": {"$exists": True}, "active": True}
    return list(client.admin.aggregate([{"$currentOp": {}}, {"$match": running}]))
