"""The work on exports: whatever goes wrong with one, it has an end, and the next one is made."""

import time
from contextlib import contextmanager
from threading import Event, Thread

import pytest
from bson.binary import UUID_SUBTYPE, Binary
from factories import make_export, open_wallets, queue_transfer
from watching import Diary, Watch, make_loop, wait_until

from wallet.errors import Unavailable
from wallet.export_job import ATTEMPTS, Failure, State, delay_s
from wallet.exports.outcome import Outcome
from wallet.store.arrivals import Arrival, arrivals
from wallet.store.jobs import LEASE_S, Jobs
from watcher.doorbell import Doorbell
from watcher.exports import assembly
from watcher.exports.assembly import Beside
from watcher.exports.observer import ExportObserver, ExportObservers
from watcher.exports.work import RENEW_S, SWEEP_S, Exports
from watcher.loop import Loop
from watcher.observer import Observer

STORED = Outcome(size=7)
FAILED = Outcome(failure=Failure.STORAGE_UNAVAILABLE, detail="no answer")


class Told(ExportObserver):
    def __init__(self):
        self.events = []

    def done(self, job, seconds, size):
        assert seconds >= 0
        self.events.append(("done", job.id, size))

    def retried(self, job, attempts, reason, detail):  # noqa: ARG002
        self.events.append(("retried", job.id, attempts, reason))

    def failed(self, job_id, job, reason, detail):  # noqa: ARG002
        assert job is None or job.id == job_id
        self.events.append(("failed", job_id, reason))

    def left(self, job):
        self.events.append(("left", job.id))


class Maker:
    """Makes nothing; its outcomes are told beforehand."""

    def __init__(self, *outcomes):
        self.outcomes = list(outcomes)
        self.asked = []

    def __call__(self, job_id, hold):
        self.asked.append(job_id)
        outcome = self.outcomes.pop(0) if self.outcomes else STORED
        if isinstance(outcome, Exception):
            raise outcome
        return outcome(hold) if callable(outcome) else outcome


@pytest.fixture
def jobs(database):
    return Jobs(database)


@pytest.fixture
def told():
    return Told()


@pytest.fixture
def watch():
    return Watch()


def work_of(jobs, told, maker, *, name="me", monotonic=time.monotonic):
    return Exports(jobs, maker, ExportObservers(told), name=name, monotonic=monotonic)


def due_now(database):
    database["jobs"].update_many({"due": {"$exists": True}}, [{"$set": {"due": "$$NOW"}}])


@contextmanager
def running(loop):
    thread = Thread(target=loop.run)
    thread.start()
    try:
        yield
    finally:
        loop.stop()
        thread.join(20)
        assert not thread.is_alive()


def test_everything_that_waits_is_made_in_one_turn(jobs, told):
    queued = [make_export() for _ in range(3)]
    for job in queued:
        jobs.add(job, 0)

    Loop(work_of(jobs, told, Maker()), Observer()).turn()

    assert told.events == [("done", job.id, 7) for job in queued]
    assert {jobs.by_id(job.id).state for job in queued} == {State.DONE}


def test_what_fails_waits_longer_each_time_and_fails_for_good_in_the_end(jobs, told, database):
    job = make_export()
    jobs.add(job, 0)
    loop = Loop(work_of(jobs, told, Maker(*[FAILED] * ATTEMPTS)), Observer())

    for attempt in range(1, ATTEMPTS + 1):
        loop.sweep_soon()
        loop.turn()
        found = jobs.by_id(job.id)
        assert found.attempts == attempt
        assert found.state is (State.FAILED if attempt == ATTEMPTS else State.QUEUED)
        due_now(database)

    retries = [("retried", job.id, attempt, FAILED.failure) for attempt in range(1, ATTEMPTS)]
    assert told.events == [*retries, ("failed", job.id, FAILED.failure)]
    assert found.failure == "storage_unavailable"


def test_the_pauses_between_attempts_grow_and_are_not_alike(jobs, told, database):
    """Whoever was turned away together does not come back together."""
    queued = [make_export() for _ in range(8)]
    for job in queued:
        jobs.add(job, 0)
    started = time.time()

    Loop(work_of(jobs, told, Maker(*[FAILED] * 8)), Observer()).turn()

    took = time.time() - started
    pauses = [one["due"].timestamp() - started for one in database["jobs"].find()]
    assert all(0.75 * delay_s(1) - 1 <= pause <= 1.25 * delay_s(1) + took + 1 for pause in pauses)
    assert len({round(pause, 2) for pause in pauses}) > 1
    assert [delay_s(attempts) for attempts in range(1, ATTEMPTS)] == [2, 8, 32, 128]


@pytest.mark.parametrize("reason", [Failure.TOO_LARGE_FOR_PDF, Failure.MALFORMED])
def test_what_can_never_work_is_not_tried_again(jobs, told, reason):
    job = make_export()
    jobs.add(job, 0)

    Loop(work_of(jobs, told, Maker(Outcome(failure=reason))), Observer()).turn()

    assert told.events == [("failed", job.id, reason)]
    assert jobs.by_id(job.id).failure == reason


def test_a_job_whose_very_id_cannot_be_read_does_not_end_the_work(jobs, told, database, monkeypatch):
    """Nobody can name it, so nobody can give it up: the next one has its turn all the same."""
    monkeypatch.setattr(assembly, "PAUSE_S", 0.05)
    poison, good = make_export(), make_export()
    jobs.add(poison, 0)
    jobs.add(good, 0)
    row = database["jobs"].find_one_and_delete({"_id": poison.id})
    database["jobs"].insert_one(row | {"_id": Binary(b"abc", UUID_SUBTYPE)})
    beside = Beside(Loop(work_of(jobs, told, Maker()), Observer()), Observer(), "exports")

    beside.start()
    try:
        wait_until(lambda: told.events)
    finally:
        beside.stop()
        database["jobs"].delete_many({})

    assert told.events == [("done", good.id, 7)]


def test_a_maker_that_breaks_down_costs_an_attempt_and_no_more(jobs, told):
    bad, good = make_export(), make_export()
    jobs.add(bad, 0)
    jobs.add(good, 0)

    Loop(work_of(jobs, told, Maker(OSError("no processes left"))), Observer()).turn()

    assert told.events == [("retried", bad.id, 1, Failure.INTERNAL_ERROR), ("done", good.id, 7)]


@pytest.mark.parametrize("change", [{"$set": {"format": "docx"}}, {"$unset": {"owner": ""}}], ids=str)
def test_a_poison_job_is_given_up_and_the_next_one_made(jobs, told, database, change):
    """Written by another hand, past the validator."""
    poison, good = make_export(), make_export()
    jobs.add(poison, 0)
    database.command("collMod", "jobs", validationLevel="off")
    database["jobs"].update_one({"_id": poison.id}, change)
    database.command("collMod", "jobs", validationLevel="moderate")
    jobs.add(good, 0)

    Loop(work_of(jobs, told, Maker()), Observer()).turn()

    assert told.events == [("failed", poison.id, Failure.MALFORMED), ("done", good.id, 7)]
    assert database["jobs"].find_one({"_id": poison.id})["state"] == "FAILED"


def test_one_that_kills_whoever_tries_it_is_given_up(jobs, told, database):
    job = make_export()
    jobs.add(job, 0)
    for number in range(ATTEMPTS):
        assert jobs.claim(f"dead-{number}")
        due_now(database)
    maker = Maker()

    Loop(work_of(jobs, told, maker), Observer()).turn()

    assert maker.asked == []
    assert told.events == [("failed", job.id, Failure.INTERRUPTED)]


def test_the_lease_is_renewed_while_the_work_goes_on(jobs, told, watch, database):
    """So that the others leave it alone, for however long it takes."""
    job = make_export()
    jobs.add(job, 0)
    dues = []

    def long(hold):
        for _ in range(4):
            watch.now += RENEW_S
            assert hold()
            dues.append(database["jobs"].find_one({"_id": job.id})["due"])
            time.sleep(0.01)
        return STORED

    Loop(work_of(jobs, told, Maker(long), monotonic=watch), Observer(), monotonic=watch).turn()

    assert dues == sorted(set(dues))
    assert told.events == [("done", job.id, 7)]


def test_what_another_has_taken_over_is_broken_off_and_left_to_them(jobs, told, watch, database):
    job = make_export()
    jobs.add(job, 0)

    def slow(hold):
        due_now(database)
        jobs.claim("other")
        watch.now += RENEW_S
        return None if not hold() else STORED

    Loop(work_of(jobs, told, Maker(slow), monotonic=watch), Observer(), monotonic=watch).turn()

    assert told.events == [("left", job.id)]
    assert database["jobs"].find_one({"_id": job.id})["holder"] == "other"


def test_when_the_store_is_away_the_work_goes_on_until_the_lease_is_over(jobs, told, watch, monkeypatch):
    jobs.add(make_export(), 0)
    held = []

    def unavailable(_claim):
        raise Unavailable

    def slow(hold):
        monkeypatch.setattr(jobs, "renew", unavailable)
        for _ in range(int(LEASE_S / RENEW_S)):
            watch.now += RENEW_S
            held.append(hold())
        return None if not held[-1] else STORED

    Loop(work_of(jobs, told, Maker(slow), monotonic=watch), Observer(), monotonic=watch).turn()

    assert held == [True, True, True, False]


def test_a_watcher_that_stops_breaks_off_and_another_begins_at_once(jobs, told):
    job = make_export()
    jobs.add(job, 0)
    begun, others = Event(), Told()

    def long(hold):
        begun.set()
        while hold():
            time.sleep(0.01)

    loop = Loop(work_of(jobs, told, Maker(long)), Observer())
    with running(loop):
        assert begun.wait(10)
    Loop(work_of(jobs, others, Maker(), name="other"), Observer()).turn()

    assert told.events == [("left", job.id)]
    assert others.events == [("done", job.id, 7)]
    assert jobs.by_id(job.id).attempts == 1


def test_two_that_want_the_same_share_it(jobs):
    queued = [make_export() for _ in range(20)]
    for job in queued:
        jobs.add(job, 0)
    both = [Told(), Told()]
    loops = [
        Loop(work_of(jobs, told, Maker(), name=name), Observer())
        for told, name in zip(both, "ab", strict=True)
    ]

    threads = [Thread(target=loop.turn) for loop in loops]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    done = [job_id for told in both for _, job_id, _ in told.events]
    assert sorted(done) == sorted(job.id for job in queued)


class TestARing:
    def test_is_answered_at_once(self, jobs, told, database):
        loop = Loop(work_of(jobs, told, Maker()), Observer())
        diary = Diary()
        doorbell = Doorbell(lambda: arrivals(database, "jobs"), loop, diary)
        with running(loop):
            doorbell.start()
            wait_until(lambda: diary.streams)
            job = make_export()
            jobs.add(job, 0)
            wait_until(lambda: told.events)
            doorbell.stop()

        assert told.events == [("done", job.id, 7)]

    def test_for_one_finds_all_that_wait(self, jobs, told, watch):
        """Another watcher may have left them, and gone."""
        loop = Loop(work_of(jobs, told, Maker(), monotonic=watch), Observer(), monotonic=watch)
        loop.turn()
        queued = [make_export() for _ in range(3)]
        for job in queued:
            jobs.add(job, 0)

        loop.ring(Arrival(queued[0].id, None))
        loop.turn()

        assert told.events == [("done", job.id, 7) for job in queued]

    def test_that_never_comes_is_made_good_by_a_sweep(self, jobs, told, watch):
        loop = Loop(work_of(jobs, told, Maker(), monotonic=watch), Observer(), monotonic=watch)
        loop.turn()
        job = make_export()
        jobs.add(job, 0)
        loop.turn()
        assert told.events == []

        watch.now += 1.2 * SWEEP_S
        loop.turn()

        assert told.events == [("done", job.id, 7)]


@pytest.mark.alone
def test_money_moves_while_an_export_hangs(jobs, told, database):
    """Two loops in one process, as in a watcher."""
    jobs.add(make_export(), 0)
    hangs = Event()

    def long(hold):
        hangs.set()
        while hold():
            time.sleep(0.05)

    diary = Diary()
    with running(Loop(work_of(jobs, told, Maker(long)), Observer())), running(make_loop(database, diary)):
        assert hangs.wait(10)
        sender, target = open_wallets(database, 2, 1_000)
        transfer = queue_transfer(database, sender, target)
        wait_until(lambda: diary.settled == [transfer], within_s=5)

        assert jobs.waiting().count == 1
