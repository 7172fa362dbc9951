"""The API and the watcher as they run in production: real processes, told everything by their environment."""

import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import requests
from api import phone_number, random_id, registration
from processes import GUNICORN, Deployment, Process, wait_for

from wallet.embedded.ports import is_free


def test_the_whole_way_over_http(deployment):
    guntur, tom = deployment.api.sign_up(), deployment.api.sign_up(first_name="Tom")
    guntur.top_up(500_000)
    guntur.pay(100_000)
    sent = guntur.transfer(tom.id, 30_000)

    wait_for(lambda: guntur.get(sent.headers["Location"]).result["status"] == "SUCCESS")

    assert (guntur.balance, tom.balance) == (370_000, 30_000)
    assert [line["amount"] for line in guntur.transactions().result] == [30_000, 100_000, 500_000]
    assert tom.update_profile(last_name="Araya").result["last_name"] == "Araya"


def test_a_request_id_leads_from_the_reply_to_both_logs(deployment):
    pod, watcher = deployment.processes
    guntur, tom = deployment.api.sign_up(), deployment.api.sign_up()
    guntur.top_up(1_000)
    request_id = f"acceptance-{random_id()}"

    sent = guntur.transfer(tom.id, 1_000, request_id=request_id)

    assert sent.headers["X-Request-ID"] == request_id
    line = pod.says(event="request", request_id=request_id)
    assert (line["method"], line["route"], line["status"]) == ("POST", "/transfer", 202)
    assert line["transfer_id"] == sent.result["transfer_id"]
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
        return Deployment(mongod, tmp_path)

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

    @pytest.mark.parametrize("name", ["JWT_SECRET", "PIN_PEPPER"])
    @pytest.mark.parametrize(
        ("content", "cure"), [(None, "No such file"), ("weak", "openssl rand -base64 32")]
    )
    def test_so_does_one_in_a_file(self, tmp_path, name, content, cure):
        file = tmp_path / "secret"
        if content:
            file.write_text(content)
        env = {
            "MONGODB_URI": "mongodb://127.0.0.1:1/",
            "PORT": "0",
            "JWT_SECRET": "a-good-secret-of-sufficient-length",
            "PIN_PEPPER": "0123456789" * 2 + "abcdefghijkl",
            name: "",
            f"{name}_FILE": str(file),
        }

        pod = Process(*GUNICORN, cwd=tmp_path, **env)

        assert pod.wait() != 0
        assert cure in pod.output


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
    return list(client.admin.aggregate([{"$currentOp": {"allUsers": True}}, {"$match": running}]))
