"""The queue of exports: one in each hand, taken over when a hand goes cold, never in each other's way."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from bson import Int64
from factories import make_export
from pymongo.errors import OperationFailure

from wallet import clock
from wallet.errors import MalformedDocument
from wallet.export_job import Failure, State
from wallet.store.client import connect, open_database
from wallet.store.faults import AlreadyExists
from wallet.store.jobs import LEASE_S, Claim, Jobs, Waiting
from wallet.store.roles import Duty


@pytest.fixture
def jobs(mongod, database):
    """With the rights of a watcher, but for the queueing."""
    with connect(mongod.uri_as(Duty.WATCHER, database.name), application="tests") as client:
        jobs = Jobs(open_database(client, database.name))
        jobs.add = Jobs(database).add
        yield jobs


def let_time_pass(database, job, seconds):
    """Let what ``job`` is due at be so much nearer, by the server's clock."""
    sooner = {"$subtract": ["$due", int(seconds * 1_000)]}
    database["jobs"].update_one({"_id": job.id}, [{"$set": {"due": sooner}}])


class TestClaiming:
    def test_gives_the_oldest_first_and_each_once(self, jobs):
        now = clock.now()
        late, early = (make_export(created_at=now + timedelta(seconds=at)) for at in (1, 0))
        jobs.add(late, 0)
        jobs.add(early, 0)

        assert [jobs.claim(name) for name in "abc"] == [
            Claim(early.id, "a", 1),
            Claim(late.id, "b", 1),
            None,
        ]
        found = jobs.by_id(early.id)
        assert (found.state, found.attempts) == (State.RUNNING, 1)
        assert found.started_at is not None

    def test_at_the_same_moment_gives_it_to_one(self, jobs):
        for _ in range(10):
            jobs.add(make_export(), 0)

        with ThreadPoolExecutor(8) as pool:
            claims = list(pool.map(jobs.claim, map(str, range(24))))

        taken = [claim.id for claim in claims if claim]
        assert len(taken) == len(set(taken)) == 10

    def test_takes_over_when_the_lease_has_run_out_and_not_before(self, jobs, database):
        job = make_export()
        jobs.add(job, 0)
        dead = jobs.claim("dead")
        let_time_pass(database, job, LEASE_S - 2)
        assert jobs.claim("other") is None

        let_time_pass(database, job, 2)

        assert jobs.claim("other") == Claim(job.id, "other", 2)
        assert not jobs.renew(dead)

    def test_does_not_take_over_what_is_renewed(self, jobs, database):
        job = make_export()
        jobs.add(job, 0)
        claim = jobs.claim("alive")
        let_time_pass(database, job, LEASE_S - 2)

        assert jobs.renew(claim)

        let_time_pass(database, job, LEASE_S - 2)
        assert jobs.claim("other") is None

    def test_a_row_that_nobody_can_read_is_in_nobodys_way(self, jobs, database):
        """Attempts that are no number, a state that is none: it is claimed, and can be given up."""
        poison = {"_id": "no uuid", "slot": 0, "attempts": "many", "state": 7, "created_at": clock.now()}
        database.command("collMod", "jobs", validationLevel="off")
        database["jobs"].insert_one(poison)
        database.command("collMod", "jobs", validationLevel="moderate")
        good = make_export(created_at=clock.now() + timedelta(seconds=1))
        jobs.add(good, 0)

        claim = jobs.claim("me")

        assert claim.id == "no uuid"
        assert jobs.claim("me").id == good.id
        with pytest.raises(MalformedDocument):
            jobs.by_id("no uuid")
        assert jobs.fail(claim, Failure.MALFORMED)
        assert jobs.waiting().count == 1


class TestWhatWasClaimed:
    @pytest.fixture
    def job(self, jobs):
        job = make_export()
        jobs.add(job, 3)
        return job

    @pytest.fixture
    def claim(self, jobs, job):  # noqa: ARG002 - it is what is claimed
        return jobs.claim("me")

    def test_is_done_with_its_size_and_frees_its_slot(self, jobs, job, claim):
        assert jobs.slots_taken(job.user) == {3}

        assert jobs.finish(claim, 1_234)

        found = jobs.by_id(job.id)
        assert (found.state, found.size, found.failure) == (State.DONE, 1_234, None)
        assert found.finished_at >= found.started_at
        assert jobs.slots_taken(job.user) == set()
        assert jobs.claim("other") is None

    def test_fails_with_its_reason(self, jobs, job, claim):
        assert jobs.fail(claim, Failure.TOO_LARGE_FOR_PDF)

        found = jobs.by_id(job.id)
        assert (found.state, found.failure) == (State.FAILED, "too_large_for_pdf")
        assert found.finished_at is not None

    def test_waits_before_it_is_tried_again(self, jobs, job, claim, database):
        assert jobs.retry(claim, 60)
        assert jobs.claim("other") is None

        let_time_pass(database, job, 60)

        assert jobs.claim("other") == Claim(job.id, "other", 2)

    def test_given_back_is_taken_at_once_as_if_it_had_not_been_tried(self, jobs, job, claim):
        assert jobs.release(claim)

        assert jobs.claim("other") == Claim(job.id, "other", 1)

    @pytest.mark.parametrize("deed", ["renew", "finish", "fail", "retry", "release"])
    def test_is_not_touched_by_whoever_has_lost_it(self, jobs, job, claim, database, deed):
        let_time_pass(database, job, LEASE_S)
        jobs.claim("other")
        before = database["jobs"].find_one({"_id": job.id})
        arguments = {"finish": [1], "fail": [Failure.TOO_SLOW], "retry": [1]}

        assert not getattr(jobs, deed)(claim, *arguments.get(deed, []))
        assert database["jobs"].find_one({"_id": job.id}) == before


def test_a_user_has_one_export_in_each_slot(jobs):
    user = uuid4()
    jobs.add(make_export(user=user), 0)

    with pytest.raises(AlreadyExists):
        jobs.add(make_export(user=user), 0)

    jobs.add(make_export(user=user), 1)
    jobs.add(make_export(), 0)


def test_how_many_wait_and_since_when(jobs):
    assert jobs.waiting() == Waiting()
    now = clock.now()
    for seconds in (0, 5):
        jobs.add(make_export(created_at=now + timedelta(seconds=seconds)), 0)
    jobs.finish(jobs.claim("me"), 1)

    assert jobs.waiting() == Waiting(1, now + timedelta(seconds=5))


def test_what_is_finished_costs_the_queue_nothing(jobs, database):
    """And so the queue is two small indexes, however many exports a month has had."""
    for _ in range(50):
        jobs.add(make_export(), 0)
        jobs.finish(jobs.claim("me"), 1)

    plan = database.command(
        "explain",
        {
            "find": "jobs",
            "filter": {"slot": {"$exists": True}, "$expr": {"$lte": ["$due", "$$NOW"]}},
            "sort": {"created_at": 1},
            "hint": "waiting",
        },
        verbosity="executionStats",
    )

    assert plan["executionStats"]["totalKeysExamined"] <= 1
    assert plan["executionStats"]["totalDocsExamined"] == 0


def test_pods_cannot_say_that_an_export_is_done(mongod, database):
    job = make_export()
    Jobs(database).add(job, 0)
    with connect(mongod.uri_as(Duty.POD, database.name), application="tests") as client:
        rows = open_database(client, database.name)["jobs"]
        with pytest.raises(OperationFailure, match="not authorized"):
            rows.update_one({"_id": job.id}, {"$set": {"state": "DONE", "size": Int64(1)}})
