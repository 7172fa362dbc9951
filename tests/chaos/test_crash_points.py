"""A process dies at the step it was told to, and what it left behind is finished by the next one."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest
import requests
from api import Api, over_http
from books import assert_balanced
from factories import open_wallet, open_wallets, queue_transfers
from processes import GUNICORN, Deployment
from watching import wait_until

from tests.chaos.crash_points import ACCEPT, CRASH_POINTS, EXECUTE, CrashWhenTold, _owner, parse
from wallet.local.root import PROJECT_ROOT

DIES_WITHIN_S = 30
TRANSFERS = 20


@pytest.mark.parametrize("name", CRASH_POINTS)
def test_every_step_is_a_function_of_the_program(name):
    owner, attribute = _owner(CRASH_POINTS[name])
    assert callable(getattr(owner, attribute))


def test_a_step_that_is_none_is_refused():
    with pytest.raises(KeyError):
        parse("execute.prayed")


@contextmanager
def launched(options, module, environment):
    argv = [sys.executable, "-m", "tests.chaos.launch", *options, "--", *module]
    process = subprocess.Popen(argv, env={**os.environ, **environment}, cwd=PROJECT_ROOT)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def environment(mongod, database):
    return {
        "MONGODB_URI": mongod.uri,
        "MONGODB_DATABASE": database.name,
        "METRICS_PORT": "0",
        "LISTEN_HOST": "127.0.0.1",
        "LOG_LEVEL": "warning",
    }


def pending(database):
    return database["transfers"].count_documents({"status": "PENDING"})


@pytest.mark.parametrize("step", ["execute.marked", "execute.committing", "execute.committed"])
def test_a_watcher_dies_at_its_step(mongod, database, step):
    """P3: before the commit nothing has happened, after it everything has; the next one does the rest."""
    queue_transfers(database, open_wallet(database, TRANSFERS), open_wallets(database, TRANSFERS), 1)

    with launched(["--crash-at", step], ["watcher"], environment(mongod, database)) as watcher:
        assert watcher.wait(DIES_WITHIN_S) == -signal.SIGKILL
    assert pending(database) == (0 if step == "execute.committed" else TRANSFERS)

    with launched([], ["watcher"], environment(mongod, database)):
        wait_until(lambda: pending(database) == 0, within_s=DIES_WITHIN_S)
    assert_balanced(database)


def test_a_watcher_dies_when_a_file_tells_it_to(mongod, database, tmp_path):
    told = tmp_path / "crash"
    options = ["--crash-file", str(told)]
    with launched(options, ["watcher"], environment(mongod, database)) as watcher:
        queue_transfers(database, open_wallet(database, TRANSFERS), open_wallets(database, TRANSFERS), 1)
        wait_until(lambda: pending(database) == 0, within_s=DIES_WITHIN_S)
        assert watcher.poll() is None
        told.write_text("execute.beaten:2")
        assert watcher.wait(DIES_WITHIN_S) == -signal.SIGKILL
    assert not told.exists()


def test_steps_count_from_when_the_file_is_there(tmp_path, monkeypatch):
    died = []
    monkeypatch.setattr("tests.chaos.crash_points._die", lambda: died.append(True))
    told = tmp_path / "crash"
    reached = CrashWhenTold(told)
    reached("execute.found")
    told.write_text("execute.found:2")
    reached("execute.found")
    reached("execute.settled")
    assert not died
    reached("execute.found")
    assert died
    assert not told.exists()


def test_a_worker_dies_between_the_commit_and_the_answer(mongod, database, tmp_path):
    """P4, P9: nobody was told, and the repetition finds the entry that is there."""
    stand = Deployment(mongod, tmp_path)
    told = tmp_path / "crash"
    env = {**stand._env, "WORKERS": "1", "MONGODB_DATABASE": database.name}
    with launched(["--crash-file", str(told)], GUNICORN, env):
        wait_until(lambda: _ready(stand.url), within_s=DIES_WITHIN_S)
        user = Api(over_http(stand.url)).sign_up()
        told.write_text("accept.committed")
        with pytest.raises(requests.ConnectionError):
            user.top_up(1_000, key="once")
        wait_until(lambda: _ready(stand.url), within_s=DIES_WITHIN_S)
        again = user.top_up(1_000, key="once")
        assert again.headers["Idempotency-Replayed"] == "true"
        assert user.balance == 1_000


def _ready(url):
    try:
        return requests.get(f"{url}/readyz", timeout=5).status_code == 200
    except requests.RequestException:
        return False


def test_pods_and_watchers_have_steps_of_their_own():
    assert not ACCEPT.keys() & EXECUTE.keys()
