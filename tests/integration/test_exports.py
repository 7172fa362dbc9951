"""Asking for a statement as a file: once for each key, so many at a time, told by nobody but its owner."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from uuid import UUID

import pytest
from api import ZONE, Api, in_process, random_id
from storage import CREDENTIALS

from wallet.export_job import MOST_UNFINISHED, Failure
from wallet.exports.bucket import LINK_S
from wallet.store.jobs import Jobs

MONTH = f"{datetime.now(ZONE):%Y-%m}"
NEXT = f"{datetime.now(ZONE).year + 1}-01"


@pytest.fixture(autouse=True)
def credentials(monkeypatch):
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def guntur(api):
    return api.sign_up()


@pytest.fixture
def jobs(database):
    return Jobs(database)


def test_it_is_queued_and_where_to_look_is_said(guntur, jobs):
    guntur.top_up(1_000)
    reply = guntur.export(kind="pdf", request_id="the-request")

    assert reply.status == 202
    export_id = reply.result["export_id"]
    assert reply.headers["Location"] == f"/exports/{export_id}"
    assert reply.result == {
        "export_id": export_id,
        "month": MONTH,
        "format": "pdf",
        "state": "QUEUED",
        "created_date": reply.result["created_date"],
    }
    job = jobs.by_id(UUID(export_id))
    assert (str(job.user), job.owner, job.request_id, job.seq) == (
        guntur.id,
        "Guntur Saputro",
        "the-request",
        1,
    )
    assert "*" in job.phone


def test_what_became_of_it_is_told_as_it_goes_on(build, jobs):
    guntur = Api(in_process(build())).sign_up()  # with the credentials that links are signed with
    export_id = guntur.export().result["export_id"]

    def told():
        reply = guntur.export_status(export_id)
        assert reply.status == 200
        return reply.result

    first = told()
    assert (first["state"], first["attempts"], first["started_date"], first["url"]) == (
        "QUEUED",
        0,
        None,
        None,
    )
    claim = jobs.claim("me")
    assert (told()["state"], told()["attempts"]) == ("RUNNING", 1)
    assert told()["started_date"] is not None
    jobs.finish(claim, 1_234)
    last = told()
    assert (last["state"], last["size"], last["url_seconds"]) == ("DONE", 1_234, LINK_S)
    assert f"/{guntur.id}/{MONTH}/{export_id}.csv?" in last["url"]


def test_why_it_failed_is_told(guntur, jobs):
    export_id = guntur.export(kind="pdf").result["export_id"]
    jobs.fail(jobs.claim("me"), Failure.TOO_LARGE_FOR_PDF)

    result = guntur.export_status(export_id).result

    assert (result["state"], result["failure"], result["url"]) == ("FAILED", "too_large_for_pdf", None)


class TestKeys:
    def test_the_same_again_is_the_same_export(self, guntur, database):
        first, again = (guntur.export(key="november") for _ in range(2))

        assert (first.status, again.status) == (202, 202)
        assert first.result == again.result
        assert again.headers["Idempotency-Replayed"] == "true"
        assert "Idempotency-Replayed" not in first.headers
        assert database["jobs"].count_documents({}) == 1

    def test_and_has_the_first_answer_whatever_became_of_it(self, guntur, jobs):
        first = guntur.export(key="november")
        jobs.finish(jobs.claim("me"), 1)

        assert guntur.export(key="november").result == first.result

    def test_at_the_same_moment_too(self, guntur, database):
        with ThreadPoolExecutor(8) as pool:
            replies = list(pool.map(lambda _: guntur.export(key="november"), range(8)))

        assert {reply.status for reply in replies} == {202}
        assert len({reply.result["export_id"] for reply in replies}) == 1
        assert database["jobs"].count_documents({}) == 1

    def test_another_body_under_it_is_refused_with_what_differs(self, guntur):
        guntur.export(kind="csv", key="november")

        reply = guntur.export("2026-01", "pdf", key="november")

        assert (reply.status, reply.json["code"]) == (422, "idempotency_key_reused")
        assert reply.json["errors"].keys() == {"month", "format"}

    def test_of_two_users_are_two(self, api):
        exports = [api.sign_up().export(key="november").result["export_id"] for _ in range(2)]

        assert len(set(exports)) == 2

    def test_that_paid_is_free_for_an_export(self, guntur):
        guntur.top_up(1_000, key="november")
        guntur.pay(1, key="november")

        assert guntur.export(key="november").status == 202

    def test_is_not_burnt_by_a_refusal(self, guntur):
        assert guntur.export(NEXT, key="november").status == 400
        assert guntur.export(key="november").status == 202


class TestLimits:
    def test_so_many_may_be_unfinished(self, guntur, jobs):
        replies = [guntur.export() for _ in range(MOST_UNFINISHED + 1)]

        assert [reply.status for reply in replies] == [202] * MOST_UNFINISHED + [409]
        assert replies[-1].json["code"] == "too_many_exports"
        jobs.finish(jobs.claim("me"), 1)
        assert guntur.export().status == 202

    def test_at_the_same_moment_too(self, guntur, database):
        with ThreadPoolExecutor(10) as pool:
            statuses = sorted(reply.status for reply in pool.map(lambda _: guntur.export(), range(20)))

        assert statuses == [202] * MOST_UNFINISHED + [409] * (20 - MOST_UNFINISHED)
        assert database["jobs"].count_documents({}) == MOST_UNFINISHED

    def test_a_replay_is_none_more(self, guntur):
        first = guntur.export(key="november")
        for _ in range(MOST_UNFINISHED - 1):
            guntur.export()

        assert guntur.export(key="november").result == first.result

    def test_so_many_may_be_asked_for_in_a_minute(self, build, database):  # noqa: ARG002 - it works on it
        api = Api(in_process(build(rate_limits=True, exports_per_user=2)))
        one, other = api.sign_up(), api.sign_up()

        assert [one.export().status for _ in range(3)] == [202, 202, 429]
        assert int(one.export().headers["Retry-After"]) > 0
        assert other.export().status == 202


@pytest.mark.parametrize("month", ["2026-13", "2026-1", "26-01", "", "2026-01-01", " 2026-01", "２０２６-01"])  # noqa: RUF001
def test_a_month_that_is_none_is_refused(guntur, month):
    reply = guntur.post("/exports", {"month": month, "format": "csv"})

    assert (reply.status, reply.json["errors"].keys()) == (400, {"month"})


def test_so_is_one_that_has_not_begun(guntur, database):
    reply = guntur.export(NEXT)

    assert (reply.status, reply.json["errors"]) == (400, {"month": "has not begun yet"})
    assert database["jobs"].count_documents({}) == 0


@pytest.mark.parametrize("kind", ["xlsx", "CSV", None, True, ["csv"]])
def test_a_format_that_is_none_is_refused(guntur, kind):
    reply = guntur.post("/exports", {"month": MONTH, "format": kind})

    assert (reply.status, reply.json["errors"].keys()) == (400, {"format"})


def test_nobody_else_sees_it(guntur, api):
    export_id = guntur.export().result["export_id"]

    theirs, nothing = (api.sign_up().export_status(one) for one in (export_id, random_id()))

    assert (theirs.status, nothing.status) == (404, 404)
    assert theirs.json["code"] == nothing.json["code"] == "not_found"


def test_without_a_bucket_exports_are_off(build, database):
    guntur = Api(in_process(build(exports_bucket=None))).sign_up()

    for reply in (guntur.export(), guntur.export_status(random_id())):
        assert (reply.status, reply.json["code"]) == (403, "exports_off")
    assert database["jobs"].count_documents({}) == 0
