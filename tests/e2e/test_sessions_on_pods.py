"""Sessions across real pods: what ends on one has ended on the other, and a killed pod logs nobody out."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest
import requests
from processes import Deployment, wait_for

WITHIN_S = 1.0
"""The promise: from the answer that a session has ended, until every worker of every pod turns it away."""

NEW_PIN = "864209"


@pytest.fixture(scope="module")
def running(mongod, migrated, tmp_path_factory):  # noqa: ARG001 - they work on it
    """Two pods of two workers, with the same keys."""
    pods = [Deployment(mongod, tmp_path_factory.mktemp("pod")) for _ in range(2)]
    with ExitStack() as stack:
        for pod in pods:
            pod.processes = [stack.enter_context(pod.pod())]
        yield pods
        for pod in pods:
            pod.processes[0].terminate()


@pytest.fixture
def pods(running, database):  # noqa: ARG001 - it is empty afterwards
    return running


@pytest.fixture
def doomed(mongod, database, tmp_path):  # noqa: ARG001 - it is empty afterwards
    """A pod to be killed."""
    deployment = Deployment(mongod, tmp_path)
    with deployment.pod() as process:
        yield deployment, process


def statuses(pod, token, count=12):
    """Of requests on connections of their own, at once: so many that both workers answer some."""
    guntur = pod.api.with_token(token)
    with ThreadPoolExecutor(count) as pool:
        return {reply.status for reply in pool.map(lambda _: guntur.profile(), range(count))}


def warm(pods, token):
    """Let every worker remember that the token is good."""
    for pod in pods:
        assert statuses(pod, token) == {200}


@pytest.mark.alone
@pytest.mark.parametrize("round_", range(3))
@pytest.mark.parametrize("end", ["logout", "pin"])
def test_what_ends_on_one_pod_has_ended_on_the_other_a_second_later(pods, end, round_):  # noqa: ARG001
    here = pods[0]
    number = here.api.register().result["phone_number"]
    tokens = here.api.login(number).result
    access = tokens["access_token"]
    warm(pods, access)
    guntur = here.api.with_token(access)

    ended = guntur.log_out() if end == "logout" else guntur.change_pin(NEW_PIN)
    assert ended.status == 200
    time.sleep(WITHIN_S)

    for pod in pods:
        assert statuses(pod, access) == {401}
        assert pod.api.refresh(tokens["refresh_token"]).status == 401


def test_while_the_feed_is_dead_an_end_still_holds(pods, client):
    """Each worker asks the database instead, request by request."""
    here, there = pods
    number = here.api.register().result["phone_number"]
    tokens = here.api.login(number).result
    other = here.api.login(number).result
    warm(pods, tokens["access_token"])
    before = lookups(there)

    with dead_feed(client):
        time.sleep(2 * WITHIN_S)
        assert here.api.with_token(tokens["access_token"]).log_out().status == 200
        assert statuses(there, tokens["access_token"]) == {401}
        assert statuses(there, other["access_token"]) == {200}
        assert lookups(there) > before


def test_a_pod_killed_between_the_rotation_and_its_answer_logs_nobody_out(doomed, pods, client, database):
    """The successor is in the database, the client has never seen it: it asks again, another pod answers."""
    pod, process = doomed
    rescuer = pods[0]
    number = pod.api.register().result["phone_number"]
    tokens = pod.api.login(number).result

    with answers_withheld(client), ThreadPoolExecutor(1) as pool:
        lost = pool.submit(pod.api.refresh, tokens["refresh_token"])
        wait_for(lambda: database["sessions"].find_one({"rotated_at": {"$exists": True}}))
        process.kill()
        with pytest.raises(requests.ConnectionError):
            lost.result()

    row = database["sessions"].find_one()
    assert row["rotated_at"]
    assert row["repeats"] == 0
    again = rescuer.api.refresh(tokens["refresh_token"])
    assert again.status == 200
    assert rescuer.api.refresh(again.result["refresh_token"]).status == 200
    assert rescuer.api.with_token(again.result["access_token"]).profile().status == 200


def test_a_replay_is_told_in_the_log_with_its_request(pods):
    here, there = pods
    tokens = here.api.login(here.api.register().result["phone_number"]).result
    second = here.api.refresh(tokens["refresh_token"]).result
    assert there.api.refresh(second["refresh_token"]).status == 200

    reply = there.api.with_token(tokens["refresh_token"]).post("/refresh", headers={"X-Request-ID": "thief"})

    assert reply.status == 401
    line = there.processes[0].says(event="refresh_replayed", request_id="thief")
    assert line["level"] == "warning"
    for token in (*tokens.values(), *second.values()):
        assert token not in there.processes[0].output
    assert there.count("wallet_refreshes_total", outcome="replayed") >= 1


@contextmanager
def dead_feed(client):
    """A look for what ended comes back when it is too old; other queries of the pods are as fast as ever."""
    data = {
        "failCommands": ["find"],
        "blockConnection": True,
        "blockTimeMS": 1_500,
        "appName": "dompet-api",
        "namespace": "dompet_test.sessions",
    }
    with failpoint(client, "failCommand", data):
        yield


@contextmanager
def answers_withheld(client):
    """Rotations are committed, and nobody is told."""
    data = {"commands": ["findAndModify"], "ns": "dompet_test.sessions"}
    with failpoint(client, "waitAfterCommandFinishesExecution", data):
        yield


@contextmanager
def failpoint(client, name, data):
    client.admin.command("configureFailPoint", name, mode="alwaysOn", data=data)
    try:
        yield
    finally:
        client.admin.command("configureFailPoint", name, mode="off")


def lookups(pod):
    return float(re.search(r"^wallet_revocation_lookups_total (\S+)$", pod.metrics(), re.MULTILINE)[1])
