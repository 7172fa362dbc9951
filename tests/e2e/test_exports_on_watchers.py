"""Exports as users meet them: a pod, watchers and moto, each a process; killed, away and back again."""

import csv
import io
import time
from pathlib import Path

import pytest
import requests
from processes import Deployment, wait_for
from storage import Bucket

from wallet.store.jobs import LEASE_S

TAKEOVER_S = 30.0
"""The longest that an export of a dead watcher may lie."""


@pytest.fixture
def place(tmp_path):
    return Bucket(tmp_path)


@pytest.fixture
def deployment(mongod, database, tmp_path, place):  # noqa: ARG001 - they work on it
    return Deployment(mongod, tmp_path, **place.env)


@pytest.fixture
def pod(deployment):
    with deployment.pod():
        yield deployment.api


@pytest.fixture
def guntur(pod):
    guntur = pod.sign_up()
    guntur.top_up(500_000)
    guntur.pay(1_000, "Kopi")
    return guntur


def ended(user, export_id):
    return wait_for(lambda: _ended(user.export_status(export_id).result))


def _ended(result):
    return result if result["state"] in {"DONE", "FAILED"} else None


def is_at(user, export_id, state):
    return lambda: user.export_status(export_id).result["state"] == state


def test_a_statement_is_made_and_can_be_downloaded(deployment, place, guntur):
    with place.open(), deployment.watcher() as watcher:
        table, document = (
            ended(guntur, guntur.export(kind=kind, request_id=kind).result["export_id"])
            for kind in ("csv", "pdf")
        )
        downloads = [requests.get(one["url"], timeout=10) for one in (table, document)]

        assert [one["state"] for one in (table, document)] == ["DONE", "DONE"]
        assert [len(one.content) for one in downloads] == [table["size"], document["size"]]
        rows = list(csv.DictReader(io.StringIO(downloads[0].content.decode("utf-8-sig"))))
        assert [row["remarks"] for row in rows if row["kind"] == "PAYMENT"] == ["Kopi"]
        assert downloads[1].content.startswith(b"%PDF-")
        assert f"dompet-{document['month']}.pdf" in downloads[1].headers["Content-Disposition"]
        assert watcher.says(event="export_done", request_id="pdf", format="pdf")
        assert deployment.count("wallet_exports_total", of_watcher=1, outcome="done") == 2


def test_what_happened_after_it_was_asked_for_is_not_in_it(deployment, place, guntur):
    export_id = guntur.export().result["export_id"]
    guntur.pay(2_000, "Too late")

    with place.open(), deployment.watcher():
        text = requests.get(ended(guntur, export_id)["url"], timeout=10).text

    assert "Kopi" in text
    assert "Too late" not in text


def test_while_the_storage_is_away_it_waits_and_then_it_is_made(deployment, place, guntur):
    with deployment.watcher() as watcher:
        export_id = guntur.export().result["export_id"]
        watcher.says(event="export_retried", reason="storage_unavailable", export_id=export_id)
        with place.open():
            result = ended(guntur, export_id)

            assert (result["state"], len(place.listed())) == ("DONE", 1)
            assert result["attempts"] > 1


@pytest.mark.alone
def test_of_a_killed_watcher_it_is_taken_over_and_money_never_waited(deployment, place, guntur, pod):
    """It hangs amid the upload; its watcher dies with no warning, and so does the process that uploads."""
    tom = pod.sign_up()
    with place.hanging(), deployment.watcher() as first:
        export_id = guntur.export().result["export_id"]
        wait_for(is_at(guntur, export_id, "RUNNING"))
        (maker,) = wait_for(lambda: first.children)
        sent = guntur.transfer(tom.id, 1_000).result["transfer_id"]
        started = time.monotonic()
        wait_for(lambda: guntur.transfer_status(sent).result["status"] == "SUCCESS")
        assert time.monotonic() - started < 5
        first.kill_alone()
        wait_for(lambda: not is_running(maker))
    killed = time.monotonic()
    with place.open(), deployment.watcher():
        assert place.listed() == []
        result = ended(guntur, export_id)

        assert time.monotonic() - killed < TAKEOVER_S
        assert (result["state"], result["attempts"]) == ("DONE", 2)
        assert place.listed() == [f"{guntur.id}/{result['month']}/{export_id}.csv"]
    assert LEASE_S < TAKEOVER_S


def test_a_watcher_that_stops_gives_it_back(deployment, place, guntur):
    with place.hanging(), deployment.watcher() as first:
        export_id = guntur.export().result["export_id"]
        wait_for(is_at(guntur, export_id, "RUNNING"))
        first.terminate()
        assert first.wait() == 0
        assert guntur.export_status(export_id).result["state"] == "QUEUED"
        assert guntur.export_status(export_id).result["attempts"] == 0

    with place.open(), deployment.watcher():
        assert ended(guntur, export_id)["attempts"] == 1


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
