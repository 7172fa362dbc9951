"""Whether it goes on in time, over runs made up by hand: in time passes, too late is named."""

from dataclasses import replace

import pytest

from tests.chaos.bounds import SECOND_NS
from tests.chaos.checkers import answers, counters, recovery, takeover, waiting
from tests.chaos.evidence import Evidence, Move, Sample, Scrape
from tests.chaos.history import Exchange, Fault
from tests.chaos.recoveries import recoveries, takeovers
from tests.chaos.story import STEP_NS, Story, operation
from wallet.models import TransferStatus

QUIET = Sample(0, held=0, in_flight=0, topped_up=0, paid=0, lowest=0, highest=0, pending=0)


@pytest.fixture
def story():
    return Story()


@pytest.fixture
def people(story):
    return story.person(10**6), story.person(10**6)


def wait(story, seconds):
    story.tick(int(seconds * SECOND_NS / STEP_NS))


def found(checker, story, **evidence):
    return {one.promise for one in checker.check(replace(story.evidence, **evidence), story.books)}


def settle_every(story, people, seconds, *, times):
    for _ in range(times):
        story.settle(story.transfer(*people, 1))
        wait(story, seconds)


class TestRecovery:
    @pytest.mark.parametrize(
        ("name", "silence_s", "promises"),
        [
            ("primary-killed", 11, set()),
            ("primary-killed", 13, {"P14"}),
            ("worker-killed", 6, {"P14"}),
            ("poison", 1, set()),
            ("poison", 2, {"P16"}),
        ],
    )
    def test_the_next_after_a_fault(self, story, people, name, silence_s, promises):
        fault = Fault(name, "a", story.tick(), story.now_ns)
        wait(story, silence_s)
        settle_every(story, people, 1, times=30)
        assert found(recovery, story, faults=[fault]) == promises

    def test_a_fault_that_must_be_healed_counts_from_then(self, story, people):
        began = story.tick()
        wait(story, 60)
        fault = Fault("partition", "a", began, story.tick())
        wait(story, 10)
        settle_every(story, people, 1, times=30)
        assert found(recovery, story, faults=[fault]) == set()
        assert [round(one.ack_s) for one in recoveries(replace(story.evidence, faults=[fault]))] == [10]

    def test_nothing_comes_any_more(self, story, people):
        settle_every(story, people, 1, times=3)
        fault = Fault("primary-killed", "a", story.tick(), story.now_ns)
        wait(story, 60)
        assert found(recovery, story, faults=[fault]) == {"P14"}

    def test_nobody_asks_any_more(self, story, people):
        settle_every(story, people, 1, times=3)
        fault = Fault("primary-killed", "a", story.tick(), story.now_ns)
        wait(story, 5)
        assert found(recovery, story, faults=[fault]) == set()

    def test_an_answer_to_a_call_from_before_is_none(self, story, people):
        """It may have been on its way."""
        asked = story.ask("payment", people[0], 1)
        fault = Fault("worker-killed", "a", story.tick(), story.now_ns)
        story.tell(asked, 201, {})
        wait(story, 9)
        settle_every(story, people, 1, times=20)
        assert found(recovery, story, faults=[fault]) == {"P14"}

    def test_another_fault_meanwhile_postpones_it(self, story, people):
        first = Fault("worker-killed", "a", story.tick(), story.now_ns)
        wait(story, 2)
        second = Fault("primary-killed", "b", story.tick(), story.now_ns)
        wait(story, 9)
        settle_every(story, people, 1, times=40)
        assert found(recovery, story, faults=[first, second]) == set()


class TestTakeover:
    def test_its_work_lies(self, story, people):
        left = story.transfer(*people, 1)
        fault = Fault("watcher-killed", "w", story.tick(), story.now_ns)
        wait(story, 4)
        story.settle(left)
        evidence = replace(story.evidence, faults=[fault])
        assert [round(seconds) for _, seconds in takeovers(evidence)] == [4]
        assert found(takeover, story, faults=[fault]) == set()

    def test_it_lies_too_long(self, story, people):
        left = story.transfer(*people, 1)
        fault = Fault("watcher-killed", "w", story.tick(), story.now_ns)
        settle_every(story, people, 1, times=7)
        assert found(takeover, story, faults=[fault]) == {"P13"}
        story.settle(left)
        assert found(takeover, story, faults=[fault]) == {"P13"}

    def test_the_store_was_away_too(self, story, people):
        story.transfer(*people, 1)
        faults = [
            Fault("watcher-killed", "w", story.tick(), story.now_ns),
            Fault("primary-killed", "a", story.tick(), story.now_ns),
        ]
        settle_every(story, people, 1, times=7)
        assert found(takeover, story, faults=faults) == set()

    def test_a_forged_row_is_nobodys_work(self, story, people):
        fault = Fault("watcher-killed", "w", story.tick(), story.now_ns)
        story.moves.append(Move("not a uuid", TransferStatus.PENDING, story.tick()))
        settle_every(story, people, 1, times=10)
        assert found(takeover, story, faults=[fault]) == set()


class TestWaiting:
    @pytest.mark.parametrize(("oldest_s", "promises"), [(None, []), (29.0, []), (31.0, ["P15"])])
    def test_the_oldest_pending_transfer(self, oldest_s, promises):
        sample = replace(QUIET, at_ns=100 * SECOND_NS, oldest_s=oldest_s)
        assert [one.promise for one in waiting.check_sample(sample, Evidence())] == promises

    @pytest.mark.parametrize(
        ("name", "promises"), [("primary-killed", []), ("watcher-killed", ["P15"]), ("stream-dead", ["P15"])]
    )
    def test_it_may_wait_while_the_store_is_away(self, name, promises):
        sample = replace(QUIET, at_ns=100 * SECOND_NS, oldest_s=40.0)
        faults = [Fault(name, "a", 60 * SECOND_NS, 75 * SECOND_NS)]
        assert [one.promise for one in waiting.check_sample(sample, Evidence(faults=faults))] == promises

    def test_a_transfer_is_pending_in_the_end(self, story, people):
        transfer = operation(story.transfer(*people, 1))
        assert found(waiting, story) == {"P15"}
        story.rows[transfer] = replace(story.rows[transfer], parked=True)
        assert found(waiting, story) == {"P15"}

    @pytest.mark.parametrize(("seconds", "promises"), [(0.5, set()), (1.5, {"P12"})])
    def test_the_p99_in_quiet_times(self, story, people, seconds, promises):
        for _ in range(150):
            transfer = story.transfer(*people, 1)
            wait(story, seconds)
            story.settle(transfer)
        assert found(waiting, story) == promises

    def test_what_was_accepted_just_before_a_fault_is_not_of_quiet_times(self, story, people):
        settle_every(story, people, 0.05, times=150)
        left = [story.transfer(*people, 1) for _ in range(10)]
        fault = Fault("primary-killed", "a", story.tick(), story.now_ns + 12 * SECOND_NS)
        wait(story, 13)
        for transfer in left:
            story.settle(transfer)
        wait(story, 5)
        assert found(waiting, story, faults=[fault]) == set()

    def test_what_waits_after_a_fault_is_not_of_quiet_times(self, story, people):
        fault = Fault("majority-lost", "a", story.tick(), None)
        for _ in range(150):
            transfer = story.transfer(*people, 1)
            wait(story, 1.5)
            story.settle(transfer)
        assert found(waiting, story, faults=[fault]) == set()


class TestAnswers:
    @pytest.mark.parametrize(("status", "code"), [(500, "internal_error"), (502, None), (504, None)])
    def test_a_server_error(self, story, people, status, code):
        story.refuse(story.ask("payment", people[0], 1), status, code)
        assert found(answers, story) == {"P17"}

    def test_turned_away(self, story, people):
        story.refuse(story.ask("payment", people[0], 1), 503, "overloaded")
        story.refuse(story.ask("payment", people[0], 1), 429, "too_many")
        assert found(answers, story) == set()

    @pytest.mark.parametrize("code", ["unavailable", "outcome_unknown"])
    def test_the_store_is_away_only_in_trouble(self, story, people, code):
        fault = Fault("primary-killed", "a", story.tick(), story.tick())
        story.refuse(story.ask("payment", people[0], 1), 503, code)
        wait(story, 60)
        assert found(answers, story, faults=[fault]) == set()
        assert found(answers, story) == {"P17"}
        watcher = replace(fault, name="watcher-killed")
        assert found(answers, story, faults=[watcher]) == {"P17"}, "that is no excuse of a pod"

    @pytest.mark.parametrize(("seconds", "promises"), [(9, set()), (12, {"P17"})])
    def test_a_slow_answer(self, story, people, seconds, promises):
        asked = story.ask("payment", people[0], 1)
        wait(story, seconds)
        story.refuse(asked, 409, "insufficient_balance")
        assert found(answers, story) == promises

    @pytest.mark.parametrize(("seconds", "promises"), [(12, set()), (16, {"P17"})])
    def test_a_pod_that_is_started_anew_has_a_moment_more(self, story, people, seconds, promises):
        asked = story.ask("payment", people[0], 1)
        fault = Fault("rolling-restart", "every pod and watcher", story.tick(), story.now_ns + 60 * SECOND_NS)
        wait(story, seconds)
        story.refuse(asked, 409, "insufficient_balance")
        assert found(answers, story, faults=[fault]) == promises

    @pytest.mark.parametrize(("after_s", "promises"), [(3, set()), (7, {"P17"})])
    def test_so_has_one_that_was_killed_a_moment_ago(self, story, people, after_s, promises):
        fault = Fault("pod-killed", "pod-0", story.tick(), story.tick())
        wait(story, after_s)
        asked = story.ask("payment", people[0], 1)
        wait(story, 12)
        story.refuse(asked, 409, "insufficient_balance")
        assert found(answers, story, faults=[fault]) == promises

    def test_a_frozen_pod_answers_when_it_is_thawed(self, story, people):
        asked = story.ask("payment", people[0], 1)
        fault = Fault("pod-frozen", "pod-0", story.tick(), story.now_ns + 12 * SECOND_NS)
        wait(story, 12)
        story.refuse(asked, 409, "insufficient_balance")
        assert found(answers, story, faults=[fault]) == set()


def pod(posted, unknown=0, *, died=False):
    text = (
        "# TYPE wallet_postings counter\n"
        f'wallet_postings_total{{kind="PAYMENT",outcome="posted"}} {posted}.0\n'
        f'wallet_postings_total{{kind="PAYMENT",outcome="outcome_unknown"}} {unknown}.0\n'
        'wallet_postings_total{kind="TOP_UP",outcome="posted"} 1.0\n'
    )
    return Scrape("pod-0", "pod", text, died)


def watcher(settled, *, pauses=0, died=False):
    text = (
        "# TYPE wallet_transfers counter\n"
        f'wallet_transfers_total{{outcome="settled",reason=""}} {settled}.0\n'
        "# TYPE wallet_watcher_pauses counter\n"
        f"wallet_watcher_pauses_total {pauses}.0\n"
    )
    return Scrape("watcher-0", "watcher", text, died)


class TestCounters:
    @pytest.mark.parametrize(
        ("scrape", "promises"),
        [
            (pod(2), set()),
            (pod(1), {"C9"}),
            (pod(3), {"C9"}),
            (pod(1, unknown=1), set()),
            (pod(0, unknown=1), {"C9"}),
            (pod(0, died=True), set()),
            (pod(3, died=True), {"C9"}),
        ],
    )
    def test_of_pods(self, story, scrape, promises):
        """Two payments: more is never counted, less only where a process died or an answer got lost."""
        guntur = story.person()
        story.pay(guntur, 1)
        story.pay(guntur, 1)
        assert found(counters, story, scrapes=[scrape]) == promises

    @pytest.mark.parametrize(
        ("scrape", "promises"),
        [
            (watcher(1), set()),
            (watcher(0), {"C9"}),
            (watcher(2), {"C9"}),
            (watcher(0, pauses=1), set()),
            (watcher(2, pauses=1), {"C9"}),
            (watcher(0, died=True), set()),
            (watcher(2, died=True), {"C9"}),
        ],
    )
    def test_of_watchers(self, story, people, scrape, promises):
        story.settle(story.transfer(*people, 1))
        assert found(counters, story, scrapes=[scrape]) == promises


def test_a_call_without_an_answer_is_no_answer(story, people):
    story.exchanges.append(Exchange(story.ask("payment", people[0], 1), None))
    assert found(answers, story) == set()
