"""What a watcher counts and says of exports, and how a process tells what came of one."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from factories import make_export
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs
from watching import wait_until

from wallet import clock
from wallet.errors import Unavailable
from wallet.export_job import Failure, Format
from wallet.exports.outcome import Outcome
from wallet.store.jobs import Waiting
from watcher.exports.log import ExportLog, LoopLog
from watcher.exports.metrics import ExportMetrics
from watcher.exports.readings import ExportReadings


@pytest.fixture
def registry():
    return CollectorRegistry()


@pytest.fixture
def value(registry):
    return lambda name, **labels: registry.get_sample_value(name, labels)


def test_every_series_is_there_before_its_first_event(registry, value):
    ExportMetrics(registry)

    for kind in Format:
        assert value("wallet_exports_total", format=kind, outcome="done", reason="") == 0
        assert value("wallet_export_seconds_count", format=kind) == 0
        for reason in Failure:
            assert value("wallet_exports_total", format=kind, outcome="failed", reason=reason) == 0
            assert value("wallet_export_retries_total", reason=reason) == 0


def test_what_became_of_exports_is_counted(registry, value):
    metrics, job = ExportMetrics(registry), make_export(format=Format.PDF)

    metrics.done(job, 2.0, 100)
    metrics.retried(job, 1, Failure.STORAGE_REFUSED, "")
    metrics.failed(job.id, job, Failure.TOO_SLOW, "")
    metrics.failed("no uuid", None, Failure.MALFORMED, "")

    assert value("wallet_exports_total", format="pdf", outcome="done", reason="") == 1
    assert value("wallet_export_seconds_sum", format="pdf") == 2
    assert value("wallet_export_retries_total", reason="storage_refused") == 1
    assert value("wallet_exports_total", format="pdf", outcome="failed", reason="too_slow") == 1
    assert value("wallet_exports_total", format="", outcome="failed", reason="malformed") == 1


def test_the_age_of_the_oldest_is_as_of_the_scrape_and_absent_until_known(registry, value):
    answers = [Unavailable(), Waiting(3, clock.now() - timedelta(minutes=1))]

    def waiting():
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    readings = ExportReadings(waiting, registry, clock.now)
    readings._look()
    assert value("wallet_exports_waiting") is None
    assert value("wallet_export_oldest_waiting_age_seconds") is None

    readings.start()
    wait_until(lambda: value("wallet_exports_waiting") == 3)
    readings.stop()

    assert 60 <= value("wallet_export_oldest_waiting_age_seconds") < 120


def test_where_none_waits_the_age_is_nothing(registry, value):
    readings = ExportReadings(Waiting, registry, clock.now)
    readings._look()

    assert (value("wallet_exports_waiting"), value("wallet_export_oldest_waiting_age_seconds")) == (0, 0)


def test_the_log_names_exports_and_nobody():
    job = make_export(owner="Siti Rahayu", phone="0811****01")
    with capture_logs() as lines:
        log = ExportLog()
        log.done(job, 1.0, 5)
        log.retried(job, 1, Failure.UNAVAILABLE, "away")
        log.failed(job.id, job, Failure.TOO_SLOW, "")
        log.failed("no uuid", None, Failure.MALFORMED, "")
        log.left(job)
        LoopLog().paused(Unavailable())
        LoopLog().stream_lost(Unavailable())

    events = ["export_done", "export_retried", "export_failed", "export_failed", "export_left"]
    assert [line["event"] for line in lines] == [*events, "loop_paused", "stream_lost"]
    assert [line["export_id"] for line in lines[:5]] == [*[str(job.id)] * 3, "no uuid", str(job.id)]
    assert "Siti" not in str(lines)
    assert "0811" not in str(lines)


@pytest.mark.parametrize(
    "outcome",
    [Outcome(size=5), Outcome(failure=Failure.TOO_SLOW, detail="a \n line")],
    ids=["done", "failed"],
)
def test_what_a_process_tells_is_understood(outcome):
    assert Outcome.read(["something before", outcome.line]) == outcome


@pytest.mark.parametrize(
    "lines",
    [[], ["Killed"], ["{}"], ["null"], [json.dumps({"size": 1, "failure": "what?", "detail": ""})]],
    ids=str,
)
def test_one_that_tells_nothing_was_interrupted(lines):
    outcome = Outcome.read(lines)

    assert outcome.failure is Failure.INTERRUPTED
    assert outcome.size == 0


@pytest.mark.parametrize("kind", Format)
def test_a_job_has_one_place_and_a_name_for_people(kind):
    job = make_export(id=uuid4(), format=kind, month="2026-11")

    assert job.key("some/") == f"some/{job.user}/2026-11/{job.id}.{kind}"
    assert job.file_name == f"dompet-2026-11.{kind}"
