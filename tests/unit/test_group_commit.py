"""Group commit: a lone posting goes at once, a crowd shares a commit, and each gets its own answer."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import monotonic, sleep

import pytest
from factories import make_posting

from wallet.errors import InsufficientBalance, MalformedDocument, OutcomeUnknown, Unavailable
from wallet.group_commit import GroupCommitter, Overloaded
from wallet.ledger import Declined
from wallet.store.transactions import Collision

SOON_S = 5.0


class Commits:
    """Stands where the posting engine stands: it remembers the batches and can be held up."""

    def __init__(self):
        self.batches = []
        self.begun = Event()
        self.go = Event()
        self.go.set()
        self.faults = {}

    def __call__(self, postings):
        self.batches.append([one.operation for one in postings])
        self.begun.set()
        assert self.go.wait(SOON_S)
        fault = self.faults.get(len(postings)) or self.faults.get(postings[0].operation)
        if fault:
            raise fault
        return [Declined(InsufficientBalance(str(one.operation))) for one in postings]


@pytest.fixture
def commits():
    return Commits()


@pytest.fixture
def committer(commits):
    committer = GroupCommitter(commits, largest_batch=8, longest_queue=20, patience_s=SOON_S)
    yield committer
    commits.go.set()
    committer.close()


@pytest.fixture
def crowd():
    with ThreadPoolExecutor(40) as pool:
        yield pool


def behind_a_first(commits, committer, crowd, count):
    """Submit one posting, and ``count`` more while its commit is held up; return all with their futures."""
    commits.go.clear()
    first = make_posting()
    futures = {first.operation: crowd.submit(committer.submit, first)}
    assert commits.begun.wait(SOON_S)
    others = [make_posting() for _ in range(count)]
    futures |= {one.operation: crowd.submit(committer.submit, one) for one in others}
    wait_for = SOON_S
    while committer._waiting.qsize() < count and wait_for > 0:
        Event().wait(0.005)
        wait_for -= 0.005
    return first, others, futures


def test_a_lone_posting_goes_at_once(commits, committer):
    one = make_posting()
    outcome = committer.submit(one)

    assert commits.batches == [[one.operation]]
    assert str(outcome.reason) == str(one.operation)


def test_what_waits_while_a_commit_runs_shares_the_next(commits, committer, crowd):
    first, others, futures = behind_a_first(commits, committer, crowd, 5)
    commits.go.set()

    for operation, future in futures.items():
        assert str(future.result(SOON_S).reason) == str(operation), "each gets its own answer"
    assert commits.batches[0] == [first.operation]
    assert sorted(commits.batches[1]) == sorted(one.operation for one in others)


def test_a_batch_has_a_largest_size(commits, committer, crowd):
    *_, futures = behind_a_first(commits, committer, crowd, 19)
    commits.go.set()

    for future in futures.values():
        future.result(SOON_S)
    assert [len(batch) for batch in commits.batches] == [1, 8, 8, 3]


def test_a_full_queue_turns_the_next_away_at_once(commits, committer, crowd):
    behind_a_first(commits, committer, crowd, 20)

    with pytest.raises(Overloaded):
        committer.submit(make_posting())
    commits.go.set()


@pytest.mark.parametrize("fault", [Collision(), MalformedDocument("one of them")], ids=repr)
def test_a_batch_that_cannot_be_committed_is_divided(commits, committer, crowd, fault):
    *_, futures = behind_a_first(commits, committer, crowd, 4)
    commits.faults = {4: fault, 2: fault}
    commits.go.set()

    assert all(future.result(SOON_S) for future in futures.values())
    assert [len(batch) for batch in commits.batches] == [1, 4, 2, 1, 1, 2, 1, 1]


def test_one_bad_posting_fails_alone(commits, committer, crowd):
    _, others, futures = behind_a_first(commits, committer, crowd, 4)
    bad = others[2].operation
    commits.faults = {4: Collision(), 2: Collision(), bad: MalformedDocument("bad")}
    commits.go.set()

    for operation, future in futures.items():
        if operation == bad:
            with pytest.raises(MalformedDocument):
                future.result(SOON_S)
        else:
            assert future.result(SOON_S)


def test_a_store_that_is_away_is_not_asked_once_for_each(commits, committer, crowd):
    *_, futures = behind_a_first(commits, committer, crowd, 4)
    commits.faults = {4: Unavailable()}
    commits.go.set()

    answers = [future.exception(SOON_S) for future in futures.values()]
    assert [type(answer) for answer in answers] == [type(None)] + [Unavailable] * 4
    assert [len(batch) for batch in commits.batches] == [1, 4]


class TestPatience:
    @pytest.fixture
    def hasty(self, commits):
        committer = GroupCommitter(commits, patience_s=0.2)
        yield committer
        commits.go.set()
        committer.close()

    def test_ends_with_the_outcome_unknown_once_the_commit_has_begun(self, commits, hasty):
        commits.go.clear()
        with pytest.raises(OutcomeUnknown):
            hasty.submit(make_posting())

    def test_ends_with_nothing_written_while_it_has_not(self, commits, hasty, crowd):
        commits.go.clear()
        running = crowd.submit(hasty.submit, make_posting())
        assert commits.begun.wait(SOON_S)
        waiting = make_posting()

        with pytest.raises(Unavailable) as refusal:
            hasty.submit(waiting)

        assert type(refusal.value) is Unavailable
        assert isinstance(running.exception(SOON_S), OutcomeUnknown)
        commits.go.set()
        hasty.submit(make_posting())
        assert all(waiting.operation not in batch for batch in commits.batches)


def test_closing_commits_what_waits(commits, crowd):
    committer = GroupCommitter(commits, largest_batch=3)
    *_, futures = behind_a_first(commits, committer, crowd, 10)
    commits.go.set()
    committer.close()

    assert all(future.result(0.1) for future in futures.values())


def test_after_a_crowd_the_next_batch_gathers_for_a_moment(commits, committer, crowd, monkeypatch):
    """A commit costs nearly the same for ten as for thirty."""
    monkeypatch.setattr("wallet.group_commit.CROWD", 3)
    monkeypatch.setattr("wallet.group_commit.GATHER_S", 1.0)
    _, _, futures = behind_a_first(commits, committer, crowd, 3)
    commits.go.set()
    for future in futures.values():
        future.result(SOON_S)

    early = crowd.submit(committer.submit, make_posting())
    sleep(0.1)
    late = crowd.submit(committer.submit, make_posting())
    for future in (early, late):
        future.result(SOON_S)

    assert [len(batch) for batch in commits.batches] == [1, 3, 2]


def test_a_lone_posting_never_waits_for_company(committer, monkeypatch):
    monkeypatch.setattr("wallet.group_commit.GATHER_S", SOON_S)

    started = monotonic()
    for _ in range(5):
        committer.submit(make_posting())

    assert monotonic() - started < SOON_S
