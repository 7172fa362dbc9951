"""Checkers that never fail prove nothing: each of these bugs is planted, and one of them must find it.

They are those that need no process to die and no node to fail; a campaign plants them all.
"""

import time
from contextlib import ExitStack

import pytest
import structlog

from service.settings import ServiceSettings
from tests.chaos.history import Fault
from tests.chaos.planted import PLANTS
from tests.chaos.rig import Rig

PATIENCE_S = 40.0
SOUND_S = 4.0
"""How long the product is watched without a bug: most bugs are found sooner."""


@pytest.fixture
def build(database, mongod, monkeypatch, tmp_path):
    """A function that builds the rig, after a bug was planted."""
    settings = ServiceSettings(
        mongodb_uri=mongod.uri,
        mongodb_database=database.name,
        jwt_secret="a-secret-as-long-as-the-longest-algorithm-that-forgers-try-asks-for",
        pin_pepper="another-one-of-the-same-sort-long",
        log_level="error",
    )
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    with ExitStack() as stack:
        yield lambda: Rig(database, settings, stack)
    structlog.reset_defaults()


def nothing(_rig):
    """Clients, keys and watchers that meet are enough."""


def lose_answers_to_commits(rig):
    """Every now and then a commit is done and says that nobody knows."""
    admin = rig._database.client.admin
    data = {
        "failCommands": ["commitTransaction"],
        "appName": "dompet-api",
        "writeConcernError": {"code": 64, "errmsg": "the answer is lost"},
    }
    rig.faults.append(Fault("lost-answers", "primary", time.monotonic_ns()))
    while not rig.stopping:
        admin.command("configureFailPoint", "failCommand", mode={"times": 1}, data=data)
        time.sleep(0.1)
    admin.command("configureFailPoint", "failCommand", mode="off")


def die(rig):
    """The first watcher goes without a word once it works."""
    time.sleep(1)
    first = rig.watchers[0]
    rig.faults.append(Fault("watcher-killed", "watcher-0", time.monotonic_ns(), time.monotonic_ns()))
    first.loop._work._share.leave = lambda: None
    first.stop()


_TROUBLE = {"B6": lose_answers_to_commits}


def test_without_a_bug_no_checker_fires(build):
    """Under the very load, and the lost answers, with which the bugs are found."""
    assert build().search(SOUND_S, lose_answers_to_commits) is None


@pytest.mark.forged
@pytest.mark.parametrize(
    ("bug", "checkers"),
    [
        ("B1", {"once", "totals"}),
        ("B4", {"totals", "chains", "answers", "once"}),
        ("B6", {"unasked"}),
        ("B10", {"acknowledged"}),
        ("B11", {"once", "totals"}),
        ("B12", {"amounts", "unasked"}),
        ("B13", {"idempotency", "acknowledged"}),
    ],
)
def test_a_planted_bug_is_found(build, monkeypatch, bug, checkers):
    PLANTS[bug](monkeypatch.setattr)
    found = build().search(PATIENCE_S, _TROUBLE.get(bug, nothing))
    assert found is not None
    assert found[0] in checkers, found
