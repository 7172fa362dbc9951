"""Waiting on real pods: hundreds at once, a stop amid them, and streams that go on elsewhere."""

import json
import socket
import time
from contextlib import ExitStack, contextmanager

import pytest
import requests
from processes import Deployment, wait_for

WAITERS = 500
STOPS_IN_S = 6.0
"""Two seconds are usual; ``graceful_timeout``, which they would be held for otherwise, is 12."""


class Wire:
    """A connection of one's own: hundreds of them need no thread each."""

    def __init__(self, port, method, path, user, body=b"", **headers):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        lines = [f"{method} {path} HTTP/1.1", "Host: x", f"Authorization: Bearer {user.token}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        if body:
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode() + body)

    def rest(self):
        """Everything until the server hangs up."""
        parts = []
        while part := self._socket.recv(65_536):
            parts.append(part)
        self._socket.close()
        return b"".join(parts).decode()


class Events:
    """A stream of events over HTTP, resumed where it broke."""

    def __init__(self, user, last):
        self._user = user
        self.last = last
        self.seen = []

    @contextmanager
    def open(self, url):
        headers = {"Authorization": f"Bearer {self._user.token}", "Last-Event-ID": str(self.last)}
        with requests.get(f"{url}/events", headers=headers, stream=True, timeout=20) as reply:
            assert reply.status_code == 200
            yield reply.iter_lines()

    def read(self, lines, until):
        """Read until the event of this number, or until the stream ends."""
        while self.last < until:
            line = next(lines, None)
            if line is None:
                return
            if line.startswith(b"data: "):
                data = json.loads(line.removeprefix(b"data: "))
                self.last = data["seq"]
                self.seen.append(data)


@pytest.fixture
def fresh(mongod, database, tmp_path):  # noqa: ARG001 - it is empty afterwards
    return Deployment(mongod, tmp_path, LOG_LEVEL="warning")


def people(api):
    guntur, tom = api.sign_up(), api.sign_up()
    guntur.top_up(1_000_000)
    return guntur, tom


def waiters(deployment, kind):
    return deployment.count("wallet_waiters", kind=kind)


@pytest.mark.alone
def test_a_pod_with_hundreds_of_waiters_stops_in_seconds_and_answers_all(fresh):
    """And whoever pays meanwhile is not kept from it."""
    with fresh.pod() as pod:
        guntur, tom = people(fresh.api)
        sent = guntur.transfer(tom.id, 1).result["transfer_id"]
        followers = [Wire(fresh.port, "GET", "/events", tom) for _ in range(WAITERS)]
        wish = json.dumps({"target_user": tom.id, "amount": 1}).encode()
        posts = [Wire(fresh.port, "POST", "/transfer", guntur, wish, Prefer="wait=8") for _ in range(20)]
        reads = [Wire(fresh.port, "GET", f"/transfers/{sent}?wait=8", guntur) for _ in range(20)]
        wait_for(lambda: waiters(fresh, "events") == WAITERS and waiters(fresh, "transfer") == 40)
        assert guntur.pay(1).status == 201

        started = time.monotonic()
        pod.terminate()
        ends = [one.rest() for one in (*followers, *posts, *reads)]
        code = pod.wait()
        took = time.monotonic() - started

    assert code == 0
    assert took < STOPS_IN_S
    streams, answers = ends[:WAITERS], ends[WAITERS:]
    assert all(one.startswith("HTTP/1.1 200") and one.endswith("0\r\n\r\n") for one in streams)
    assert [one.split()[1] for one in answers] == ["202"] * 20 + ["200"] * 20
    assert all("Connection: close" in one and '"PENDING"' in one for one in answers)


def test_a_wait_is_the_clients_own_and_no_slowness_of_the_api(fresh):
    with fresh.pod():
        guntur, tom = people(fresh.api)
        sent = guntur.request(
            "POST", "/transfer", json={"target_user": tom.id, "amount": 1}, headers={"Prefer": "wait=3"}
        )
        guntur.get(f"{sent.headers['Location']}?wait=3")

        for route in ("/transfer", "/transfers/<uuid:transfer_id>"):
            assert fresh.count("wallet_http_request_duration_seconds_sum", url_rule=route) < 2
        assert fresh.count("wallet_waits_total", outcome="time_up") == 2


def test_a_settlement_is_told_by_whichever_pod_is_asked(fresh):
    with fresh.pod(), fresh.watcher():
        guntur, tom = people(fresh.api)
        wish = {"target_user": tom.id, "amount": 1}
        replies = [
            guntur.request("POST", "/transfer", json=wish, headers={"Prefer": "wait=8"}) for _ in range(10)
        ]

        assert [reply.status for reply in replies] == [200] * 10
        assert {reply.result["status"] for reply in replies} == {"SUCCESS"}
        assert fresh.count("wallet_waits_total", outcome="settled") == 10


def test_the_answer_says_how_many_are_ahead_as_the_watchers_count_them(fresh):
    with fresh.pod(), fresh.watcher():
        guntur, tom = people(fresh.api)

        told = []  # not by every answer yet: each of the pod's processes looks for itself

        def ahead():
            told.append(guntur.transfer(tom.id, 1).headers)
            return "Transfers-Ahead" in told[-1]

        wait_for(ahead)

        assert int(told[-1]["Transfers-Ahead"]) >= 0
        assert 1 <= int(told[-1]["Retry-After"]) <= 60


def test_events_go_on_at_another_pod_and_after_a_restart_each_once(mongod, database, tmp_path):  # noqa: ARG001
    folders = [tmp_path / name for name in ("one", "other")]
    for folder in folders:
        folder.mkdir()
    one, other = (Deployment(mongod, folder, LOG_LEVEL="warning") for folder in folders)
    with ExitStack() as stack:
        stack.enter_context(other.pod())
        with one.pod() as pod:
            guntur, _ = people(one.api)
            elsewhere = other.api.with_token(guntur.token)
            events = Events(guntur, last=1)
            with events.open(one.url) as lines:
                for _ in range(3):
                    elsewhere.pay(1)
                events.read(lines, 4)
                elsewhere.pay(1)
                pod.stop()
                events.read(lines, 100)  # until it ends: what was told meanwhile counts
        elsewhere.pay(1)
        with events.open(other.url) as lines:
            events.read(lines, 6)
            elsewhere.pay(1)
            events.read(lines, 7)
        elsewhere.pay(1)
        with one.pod(), events.open(one.url) as lines:
            events.read(lines, 8)

    assert [data["seq"] for data in events.seen] == [2, 3, 4, 5, 6, 7, 8]
