"""One attempt: what is stored is the statement as of the request, and what cannot be stored says why."""

import csv
import io
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from factories import make_export, open_wallet, payment, post
from storage import Bucket

from wallet import clock
from wallet.errors import Unavailable
from wallet.export_job import Failure, Format
from wallet.exports import attempt as module
from wallet.exports.attempt import attempt
from wallet.exports.bucket import BucketFault
from wallet.exports.composition import _statements, main
from wallet.exports.outcome import Outcome
from wallet.store.jobs import Jobs
from wallet.store.roles import Duty

ZONE = ZoneInfo("Asia/Jakarta")


class Shelf:
    """Keeps what a bucket would."""

    def __init__(self):
        self.objects = {}

    def store(self, job, chunks):
        self.objects[job.id] = b"".join(chunks)
        return len(self.objects[job.id])


@pytest.fixture
def shelf():
    return Shelf()


@pytest.fixture
def job(database):
    """Of somebody who has 1,000 rupiah and paid ten times."""
    user = open_wallet(database, 1_000)
    post(database, *(payment(user, 1, remarks=f"remark {number}") for number in range(10)))
    now = clock.now()
    return make_export(user=user, seq=11, created_at=now, month=f"{now.astimezone(ZONE):%Y-%m}")


@pytest.fixture
def make(database, shelf):
    """A function that makes an attempt at a job."""
    return lambda job: attempt(job, _statements(database, job, ZONE), shelf, ZONE)


def rows(content):
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_the_table_has_every_entry_and_both_balances(make, job, shelf):
    outcome = make(job)

    assert outcome == Outcome(size=len(shelf.objects[job.id]))
    table = rows(shelf.objects[job.id])
    assert [row["remarks"] for row in table if row["kind"] == "PAYMENT"] == [
        f"remark {number}" for number in range(10)
    ]
    assert [row["balance"] for row in table if row["kind"] == "CLOSING_BALANCE"] == ["990"]


@pytest.mark.parametrize("kind", Format)
def test_made_later_and_again_it_is_the_same_object(make, job, shelf, database, kind):
    """So it does not matter how many watchers make it, nor when."""
    job = replace(job, format=kind)
    make(job)
    first = shelf.objects[job.id]
    post(database, payment(job.user, 5, remarks="later"))

    make(job)

    assert shelf.objects[job.id] == first


def test_a_document_of_too_many_entries_is_refused_and_the_table_is_not(make, job, shelf, monkeypatch):
    monkeypatch.setattr(module, "PDF_ENTRIES", 10)

    assert make(replace(job, format=Format.PDF)).failure is Failure.TOO_LARGE_FOR_PDF
    assert shelf.objects == {}
    assert make(job).failure is None


@pytest.mark.forged
@pytest.mark.parametrize("kind", Format)
def test_of_books_that_contradict_themselves_nothing_is_stored(make, job, shelf, database, kind):
    wrong = {"wallet": job.user, "seq": 5}
    database["entries"].update_one(wrong, {"$inc": {"before": 1}})

    outcome = make(replace(job, format=kind))

    assert outcome.failure is Failure.INCONSISTENT
    assert shelf.objects == {}


@pytest.mark.parametrize("month", ["2026-13", "2999-01"])
def test_a_month_that_cannot_be_is_a_malformed_job(make, job, month):
    assert make(replace(job, month=month)).failure is Failure.MALFORMED


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (BucketFault(Failure.STORAGE_REFUSED, "AccessDenied"), Failure.STORAGE_REFUSED),
        (BucketFault(Failure.STORAGE_UNAVAILABLE, "SlowDown"), Failure.STORAGE_UNAVAILABLE),
        (Unavailable(), Failure.UNAVAILABLE),
    ],
    ids=lambda one: getattr(one, "value", ""),
)
def test_whoever_was_away_is_told(make, job, shelf, fault, reason):
    def store(_job, _chunks):
        raise fault

    shelf.store = store
    outcome = make(job)

    assert (outcome.failure, outcome.detail) == (reason, str(fault))


def test_a_month_long_ago_is_empty(make, job, shelf):
    assert make(replace(job, month=f"{clock.now() - timedelta(days=4_000):%Y-%m}")).failure is None

    assert [row["balance"] for row in rows(shelf.objects[job.id]) if row["balance"]] == ["0", "0"]


class TestTheProcess:
    """What ``python -m wallet.exports`` does, in this process."""

    @pytest.fixture(autouse=True)
    def environment(self, mongod, database, monkeypatch, tmp_path):
        place = Bucket(tmp_path)
        told = {"MONGODB_URI": mongod.uri_as(Duty.WATCHER, database.name), "MONGODB_DATABASE": database.name}
        for name, value in {**told, **place.env}.items():
            monkeypatch.setenv(name, value)
        return place

    def test_makes_the_job_it_is_told_with_the_rights_of_a_watcher(self, environment, job, database):
        Jobs(database).add(job, 0)

        with environment.open():
            outcome = main(job.id)

            assert outcome.failure is None
            assert [len(environment.content(key)) for key in environment.listed()] == [outcome.size]

    def test_tells_that_nobody_takes_it(self, job, database):
        Jobs(database).add(job, 0)

        assert main(job.id).failure is Failure.STORAGE_UNAVAILABLE

    def test_tells_that_the_job_is_gone(self, job):
        assert main(job.id) == Outcome(failure=Failure.MALFORMED, detail="the job is gone")

    def test_tells_that_the_job_cannot_be_read(self, job, database):
        Jobs(database).add(job, 0)
        database.command("collMod", "jobs", validationLevel="off")
        database["jobs"].update_one({"_id": job.id}, {"$set": {"format": "docx"}})
        database.command("collMod", "jobs", validationLevel="moderate")

        assert main(job.id).failure is Failure.MALFORMED

    def test_tells_that_the_store_is_away(self, job, monkeypatch):
        monkeypatch.setenv("MONGODB_URI", "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=1")

        assert main(job.id).failure is Failure.UNAVAILABLE
