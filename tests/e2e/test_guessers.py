"""Two pods, and two hundred who guess the PIN of one number at the same time."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import cycle

import pytest
from canaries import phone_number
from processes import Deployment, wait_for

from wallet.rules.login_guard import LOCKS_AT
from wallet.store.guards import LoginGuards

GUESSERS = 200


@pytest.fixture
def pods(mongod, database, tmp_path_factory):  # noqa: ARG001 - it is empty before and after
    """Two pods of two workers each, on one database."""
    with ExitStack() as stack:
        pods = [Deployment(mongod, tmp_path_factory.mktemp("pod")) for _ in range(2)]
        for pod in pods:
            pod.processes = [stack.enter_context(pod.pod())]
        yield pods


def guess_together(pods, number):
    """Try a wrong PIN two hundred times at once, at both pods in turn; return the statuses."""
    doors = [pod.api for _, pod in zip(range(GUESSERS), cycle(pods), strict=False)]
    with ThreadPoolExecutor(GUESSERS) as pool:
        return list(pool.map(lambda door: door.login(number, "482913").status, doors))


def looked_at(pods):
    """How many PINs were verified and found wrong, as the pods themselves tell in their logs."""
    events = [event for pod in pods for event in pod.processes[0].events]
    return sum(event["event"] == "login_failed" for event in events)


@pytest.mark.parametrize("registered", [True, False], ids=["somebody's", "nobody's"])
def test_two_hundred_guesses_at_once_on_two_pods_are_five_at_most(pods, registered):
    number = pods[0].api.register().result["phone_number"] if registered else phone_number()

    statuses = guess_together(pods, number)

    assert set(statuses) == {401, 429}
    assert 1 <= statuses.count(401) <= LOCKS_AT
    wait_for(lambda: looked_at(pods) == statuses.count(401))
    refused = sum(pod.count("wallet_logins_total", outcome="too_many_attempts") for pod in pods)
    assert refused == statuses.count(429)


def test_a_lock_outlives_the_pods_and_holds_in_both(pods, database):
    number = pods[0].api.register().result["phone_number"]
    guards = LoginGuards(database)
    while (attempt := guards.count(number)).tries < LOCKS_AT:
        database["guards"].update_one({"_id": attempt.key}, [{"$set": {"opens_at": "$$NOW"}}])

    assert [pod.api.login(number).status for pod in pods] == [429, 429]
    pods[0].processes[0].stop()
    with pods[0].pod() as again:
        pods[0].processes.append(again)
        assert pods[0].api.login(number).status == 429
