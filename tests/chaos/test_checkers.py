"""Each checker over a run made up by hand: a right one passes, and everything that can be wrong is named."""

import random
import time
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from tests.chaos import checkers
from tests.chaos.calls import requests
from tests.chaos.checkers import (
    acknowledged,
    amounts,
    audited,
    chains,
    idempotency,
    once,
    order,
    reads,
    resolved,
    statuses,
    totals,
    unasked,
    verdict,
)
from tests.chaos.checkers.resolved import Unknowns, unknowns
from tests.chaos.evidence import Audit, Evidence, Move, Sample
from tests.chaos.history import Exchange
from tests.chaos.story import Story, line, operation, told
from wallet.models import Kind, TransferStatus

RIGHT = Sample(0, held=900, in_flight=100, topped_up=1_200, paid=200, lowest=0, highest=500, pending=1)


@pytest.fixture
def story():
    return Story()


@pytest.fixture
def people(story):
    return story.person(), story.person()


def found(checker, story, **evidence):
    """The promises that a checker finds broken."""
    return {one.promise for one in checker.check(replace(story.evidence, **evidence), story.books)}


def amend(story, exchange, **told_otherwise):
    """Let a client have been told something else."""
    at = story.exchanges.index(exchange)
    story.exchanges[at] = Exchange(exchange.asked, replace(exchange.told, **told_otherwise))


def with_result(exchange, **result):
    return {"status": "SUCCESS", "result": exchange.told.result | result}


def test_a_right_run_passes_every_checker(story, people):
    guntur, tom = people
    story.settle(story.transfer(guntur, tom, 100))
    story.refund(story.transfer(tom, guntur, 50))
    story.pay(guntur, 30)
    story.refuse(story.ask("payment", guntur, 10**9), 409, "insufficient_balance")
    lost = story.ask("transfer", guntur, 5, target=tom)
    story.lose(lost)
    entry = story.accept(replace(lost, call="again"))
    story.tell(replace(lost, call="again", at_ns=story.tick()), 202, told(entry), replayed=True)
    story.settle(entry)
    story.read(guntur)

    evidence = replace(story.evidence, samples=[RIGHT], audit=Audit(0, ""))

    assert verdict(evidence, story.books) == []


def test_fifteen_thousand_transfers_are_checked_in_seconds():
    """Time in proportion to what is there; twice what it takes on a machine of two cores, and more."""
    story, rng = Story(), random.Random(1)
    everybody = [story.person(10**9) for _ in range(50)]
    for _ in range(15_000):
        sender, target = rng.sample(everybody, 2)
        story.settle(story.transfer(sender, target, 1))
    evidence, books = story.evidence, story.books
    started = time.process_time()

    assert verdict(evidence, books) == []

    assert time.process_time() - started < 10


class TestTotals:
    def test_a_moment_at_which_all_is_there(self):
        assert totals.check_sample(RIGHT, Evidence()) == []

    @pytest.mark.parametrize(
        ("wrong", "promise"), [({"held": 901}, "P1"), ({"lowest": -1}, "P2"), ({"highest": 501}, "P2")]
    )
    def test_a_moment_at_which_it_is_not(self, wrong, promise):
        evidence = Evidence(samples=[replace(RIGHT, **wrong)], cap=500)
        assert [one.promise for one in totals.check(evidence, Story().books)] == [promise]

    def test_money_that_was_made_by_the_end(self, story, people):
        story.wallets[people[0]] = replace(story.wallets[people[0]], balance=1_001)
        assert found(totals, story) == {"P1"}


class TestOnce:
    def test_a_second_credit(self, story, people):
        transfer = story.transfer(*people, 100)
        story.settle(transfer)
        story.enter(Kind.TRANSFER_IN, people[1], 100, operation=operation(transfer), counterparty=people[0])
        assert found(once, story) == {"P3"}

    def test_a_refund_beside_a_credit(self, story, people):
        transfer = story.transfer(*people, 100)
        story.settle(transfer)
        story.enter(Kind.REFUND, people[0], 100, operation=operation(transfer), counterparty=people[1])
        assert found(once, story) == {"P3"}

    def test_a_status_that_nothing_was_done_for(self, story, people):
        transfer = operation(story.transfer(*people, 100))
        story.rows[transfer] = replace(story.rows[transfer], status=TransferStatus.SUCCESS)
        assert found(once, story) == {"P3"}

    def test_a_credit_of_a_transfer_that_is_not_there(self, story, people):
        story.enter(Kind.TRANSFER_IN, people[1], 100, counterparty=people[0])
        assert found(once, story) == {"P3"}

    def test_a_credit_to_somebody_else(self, story, people):
        entry = story.settle(story.transfer(*people, 100))
        story.entries[story.entries.index(entry)] = replace(entry, wallet=story.person())
        assert found(once, story) == {"P3"}


class TestChains:
    @pytest.mark.parametrize(
        ("wrong", "promise"),
        [({"seq": 3}, "P6"), ({"before": 999}, "P6"), ({"after": 971}, "P6"), ({"amount": 0}, "P2")],
    )
    def test_a_link_that_does_not_hold(self, story, people, wrong, promise):
        story.pay(people[0], 30)
        story.entries[-1] = replace(story.entries[-1], **wrong)
        assert promise in found(chains, story)

    def test_an_overdraft(self, story, people):
        story.pay(people[0], 1_001)
        assert found(chains, story) == {"P2"}

    @pytest.mark.parametrize("wrong", [{"balance": 1}, {"seq": 2}])
    def test_a_wallet_that_is_not_where_its_last_entry_ended(self, story, people, wrong):
        story.wallets[people[0]] = replace(story.wallets[people[0]], **wrong)
        assert found(chains, story) == {"P6"}


class TestAcknowledged:
    def test_an_acknowledged_call_that_is_not_there(self, story, people):
        story.pay(people[0], 30)
        del story.entries[-1]
        assert found(acknowledged, story) == {"P4"}

    @pytest.mark.parametrize("wrong", [{"amount": 31}, {"wallet": uuid4()}, {"counterparty": uuid4()}])
    def test_another_one_is_there(self, story, people, wrong):
        story.pay(people[0], 30)
        story.entries[-1] = replace(story.entries[-1], **wrong)
        assert "P4" in found(acknowledged, story)

    @pytest.mark.parametrize("side", ["balance_before", "balance_after"])
    def test_other_balances_were_told(self, story, people, side):
        paid = story.pay(people[0], 30)
        amend(story, paid, body=with_result(paid, **{side: 1}))
        assert found(acknowledged, story) == {"P5"}

    def test_an_answer_that_names_nothing(self, story, people):
        amend(story, story.pay(people[0], 30), body=None)
        assert found(acknowledged, story) == {"P5"}


@pytest.mark.parametrize("amount", [True, 1.0, "1", 0, -5, None, 2**53, [1]])
def test_an_amount_that_is_no_whole_rupiah_is_accepted(story, people, amount):
    paid = story.pay(people[0], 1)
    story.exchanges[-1] = Exchange(replace(paid.asked, amount=amount), paid.told)
    assert found(amounts, story) == {"P2"}


class TestUnasked:
    def test_a_refused_call_is_there(self, story, people):
        story.refuse(story.ask("payment", people[0], 30), 409, "insufficient_balance")
        story.enter(Kind.PAYMENT, people[0], 30)
        assert found(unasked, story) == {"P4"}

    def test_a_call_that_was_turned_away_is_there(self, story, people):
        story.refuse(story.ask("payment", people[0], 30), 503, "overloaded")
        story.enter(Kind.PAYMENT, people[0], 30)
        assert found(unasked, story) == {"P4"}

    def test_nobody_asked_for_it(self, story, people):
        story.enter(Kind.PAYMENT, people[0], 30)
        assert found(unasked, story) == {"P3"}

    def test_it_is_there_once_more_than_was_asked(self, story, people):
        story.pay(people[0], 30)
        story.enter(Kind.PAYMENT, people[0], 30)
        assert found(unasked, story) == {"P9"}

    def test_a_call_that_got_lost_may_be_there_once(self, story, people):
        story.lose(story.ask("payment", people[0], 30, key=None))
        assert found(unasked, story) == set()
        story.enter(Kind.PAYMENT, people[0], 30)
        assert found(unasked, story) == set()
        story.enter(Kind.PAYMENT, people[0], 30)
        assert found(unasked, story) == {"P4"}

    def test_a_call_that_got_lost_was_refused_long_after(self, story, people):
        """It cannot be under way any more."""
        asked = story.ask("payment", people[0], 30)
        story.lose(asked)
        story.tick(31_000)
        again = replace(asked, call="again", at_ns=story.tick())
        story.refuse(again, 409, "insufficient_balance")
        story.enter(Kind.PAYMENT, people[0], 30)
        assert found(unasked, story) == {"P4"}


class TestResolved:
    def test_it_had_succeeded_had_not_or_nobody_knows(self, story, people):
        for replayed in (True, False):
            asked = story.ask("payment", people[0], 30)
            story.lose(asked)
            entry = story.enter(Kind.PAYMENT, people[0], 30)
            again = replace(asked, call=f"again-{replayed}", at_ns=story.tick())
            story.tell(again, 201, told(entry), replayed=replayed)
        refused = story.ask("payment", people[0], 10**9)
        story.lose(refused)
        again = replace(refused, call="in vain", at_ns=story.tick())
        story.refuse(again, 409, "insufficient_balance")
        story.lose(story.ask("payment", people[0], 30, key=None))
        assert found(resolved, story) == set()

        story.lose(story.ask("payment", people[0], 40))

        assert found(resolved, story) == {"P9"}
        assert unknowns(story.evidence.exchanges) == Unknowns(1, 2, 1, 1)

    @pytest.mark.parametrize(
        ("status", "code"), [(429, "too_many"), (503, "overloaded"), (503, "outcome_unknown")]
    )
    def test_an_answer_that_says_nothing_of_the_call_before_it(self, story, people, status, code):
        asked = story.ask("payment", people[0], 30)
        story.lose(asked)
        story.refuse(replace(asked, call="again", at_ns=story.tick()), status, code)
        assert found(resolved, story) == {"P9"}


class TestOrder:
    def test_what_was_asked_later_stands_before(self, story, people):
        story.pay(people[0], 1)
        story.pay(people[0], 2)
        first, second = story.entries[-2:]
        story.entries[-2:] = [replace(first, seq=3), replace(second, seq=2)]
        assert found(order, story) == {"P7"}

    def test_calls_that_overlapped_may_stand_either_way(self, story, people):
        first, second = story.ask("payment", people[0], 1), story.ask("payment", people[0], 2)
        for asked in (second, first):
            story.tell(asked, 201, told(story.enter(Kind.PAYMENT, people[0], asked.amount)))
        assert found(order, story) == set()

    def test_a_repetition_stands_where_the_first_one_did(self, story, people):
        first = story.pay(people[0], 1)
        story.pay(people[0], 2)
        again = replace(first.asked, call="again", at_ns=story.tick())
        story.tell(again, 201, first.told.body, replayed=True)
        assert found(order, story) == set()


class TestStatuses:
    @pytest.mark.parametrize("then", list(TransferStatus))
    def test_it_moves_again(self, story, people, then):
        transfer = story.transfer(*people, 100)
        story.settle(transfer)
        story.moves.append(Move(operation(transfer), then, story.tick()))
        assert found(statuses, story) == {"P10"}

    def test_it_ends_otherwise_than_it_became(self, story, people):
        transfer = operation(story.transfer(*people, 100))
        story.moves.append(Move(transfer, TransferStatus.SUCCESS, story.tick()))
        assert found(statuses, story) == {"P10"}

    def test_a_recorder_that_came_late(self, story, people):
        story.settle(story.transfer(*people, 100))
        del story.moves[0]
        assert found(statuses, story) == set()

    def test_a_client_is_told_an_end_that_is_none(self, story, people):
        transfer = story.transfer(*people, 100)
        amend(story, story.look_at(transfer), body={"result": {"status": "SUCCESS"}})
        assert found(statuses, story) == {"P10"}

    def test_a_client_is_told_that_it_is_pending_again(self, story, people):
        transfer = story.transfer(*people, 100)
        story.settle(transfer)
        story.look_at(transfer)
        amend(story, story.look_at(transfer), body={"result": {"status": "PENDING"}})
        assert found(statuses, story) == {"P11"}


class TestReads:
    def test_it_goes_back(self, story, people):
        story.pay(people[0], 30)
        story.read(people[0])
        amend(story, story.read(people[0]), body={"result": [line(story.entries[0])]})
        assert found(reads, story) == {"P11"}

    def test_it_does_not_have_what_was_acknowledged(self, story, people):
        story.pay(people[0], 30)
        amend(story, story.read(people[0]), body={"result": [line(story.entries[0])]})
        assert found(reads, story) == {"P11"}

    def test_another_client_may_have_read_more(self, story, people):
        story.pay(people[0], 30)
        older = story.read(people[0], client="another")
        amend(story, older, body={"result": [line(story.entries[0])]})
        assert found(reads, story) == set()

    def test_it_has_what_the_ledger_does_not(self, story, people):
        story.pay(people[0], 30)
        story.read(people[0])
        del story.entries[-1]
        assert found(reads, story) == {"P11"}

    def test_it_has_other_balances(self, story, people):
        read = story.read(people[0])
        amend(story, read, body={"result": [line(story.entries[0]) | {"balance_after": 1}]})
        assert found(reads, story) == {"P5"}


class TestIdempotency:
    def repeat(self, story, first, **otherwise):
        return replace(first.asked, call=str(uuid4()), at_ns=story.tick(), **otherwise)

    def test_the_same_answer_however_often_and_wherever_it_is_asked(self, story, people):
        first = story.pay(people[0], 30)
        story.tell(self.repeat(story, first, client="another"), 201, first.told.body, replayed=True)
        story.refuse(self.repeat(story, first, amount=31), 422, "idempotency_key_reused")
        assert found(idempotency, story) == set()

    def test_another_answer(self, story, people):
        first = story.pay(people[0], 30)
        story.tell(self.repeat(story, first), 201, with_result(first, balance_after=1))
        assert found(idempotency, story) == {"P8"}

    def test_another_body_is_accepted(self, story, people):
        first = story.pay(people[0], 30)
        story.tell(self.repeat(story, first, amount=31), 201, told(story.enter(Kind.PAYMENT, people[0], 31)))
        assert found(idempotency, story) == {"P8"}

    def test_a_key_is_refused_that_nobody_used(self, story, people):
        story.refuse(story.ask("payment", people[0], 30), 422, "idempotency_key_reused")
        assert found(idempotency, story) == {"P8"}

    def test_a_refusal_burns_a_key(self, story, people):
        asked = story.ask("payment", people[0], 10**9)
        first = story.refuse(asked, 409, "insufficient_balance")
        story.refuse(self.repeat(story, first, amount=1), 422, "idempotency_key_reused")
        assert found(idempotency, story) == {"P8"}

    def test_the_keys_of_two_users_meet(self, story, people):
        first = story.pay(people[0], 30)
        story.tell(story.ask("payment", people[1], 30, key=first.asked.key), 201, first.told.body)
        assert found(idempotency, story) == {"P8"}


def test_the_audit_does_not_agree(story):
    assert found(audited, story, audit=Audit(1, "P6 a gap")) == {"P18"}


def test_calls_without_a_key_are_never_one_request(story, people):
    for _ in range(2):
        story.pay(people[0], 30, key=None)
    assert len(requests(story.exchanges)) == 4


def test_every_checker_is_in_the_table():
    """One that was written and not collected would never fire."""
    names = {checkers.name_of(check) for check in checkers.CHECKERS}
    files = {path.stem for path in Path(checkers.__file__).parent.glob("*.py")}
    assert names == files - {"__init__"}
