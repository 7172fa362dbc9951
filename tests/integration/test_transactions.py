"""The report: everything a user did, newest first, whole or in pages."""

import json
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from uuid import UUID

import pytest
from api import random_id
from factories import payment, post, set_status, top_up

from wallet.models import WalletStatus
from wallet.use_cases.history import WALK_PAGE


@pytest.fixture
def guntur(api):
    return api.sign_up()


@pytest.fixture
def tom(api):
    return api.sign_up(first_name="Tom")


def amounts(lines):
    return [line["amount"] for line in lines]


def walk(user, limit):
    """All lines, page after page by the Link header."""
    pages, following = [], f"/transactions?limit={limit}"
    while following:
        page = user.get(following)
        assert page.status == 200
        assert 0 < len(page.result) <= limit
        pages.append(page.result)
        following = page.following
    return pages


def fill(database, user, count):
    """Give ``user`` a long history in a few commits."""
    for start in range(0, count, 500):
        postings = [top_up(UUID(user.id), amount + 1) for amount in range(start, min(start + 500, count))]
        post(database, *postings)


def test_nothing_done_is_an_empty_list(guntur):
    assert guntur.transactions().json == {"status": "SUCCESS", "result": []}
    assert guntur.transactions(limit=5).json == {"status": "SUCCESS", "result": []}
    assert guntur.transactions(limit=5).following is None


def test_everything_is_reported_newest_first(guntur):
    for amount in (1, 2, 3):
        guntur.top_up(amount)

    assert amounts(guntur.transactions().result) == [3, 2, 1]


def test_a_report_is_ones_own(guntur, tom):
    guntur.top_up(1)
    tom.top_up(2)

    assert {line["user_id"] for line in guntur.transactions().result} == {guntur.id}
    assert amounts(tom.transactions().result) == [2]


def test_each_line_starts_where_the_one_before_it_ended(guntur, tom, settle):
    guntur.top_up(1_000)
    guntur.pay(300)
    guntur.transfer(tom.id, 200)
    tom.top_up(50)
    settle()
    tom.transfer(guntur.id, 120)
    settle()

    lines = guntur.transactions().result[::-1]

    assert [line["balance_before"] for line in lines] == [0, *(line["balance_after"] for line in lines[:-1])]
    assert lines[-1]["balance_after"] == guntur.balance == 620


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 20, 21, 1_000])
def test_pages_by_link_to_the_end_are_everything(guntur, database, limit):
    fill(database, guntur, 20)

    pages = walk(guntur, limit)

    assert [line for page in pages for line in page] == guntur.transactions().result
    assert len(pages) == -(-20 // limit)


def test_the_link_of_a_page_keeps_its_limit(guntur, database):
    fill(database, guntur, 5)

    assert guntur.transactions(limit=2).headers["Link"].endswith('; rel="next"')
    assert guntur.transactions(limit=2).following.startswith("/transactions?limit=2&cursor=")


def test_everything_after_a_cursor_can_be_had_at_once(guntur, database):
    fill(database, guntur, 20)
    cursor = guntur.transactions(limit=5).following.rpartition("cursor=")[2]

    assert guntur.transactions(cursor=cursor).result == guntur.transactions().result[5:]


def test_a_cursor_is_stable_while_new_entries_come(guntur, database):
    """New lines come before the first page: no page shows a line twice and none is left out."""
    fill(database, guntur, 20)
    everything = guntur.transactions().result
    seen, following = [], "/transactions?limit=3"
    while following:
        page = guntur.get(following)
        seen += page.result
        following = page.following
        guntur.top_up(1_000)

    assert seen == everything


def test_a_cursor_at_the_end_is_an_empty_page(guntur):
    guntur.top_up(1)

    assert guntur.transactions(cursor="MQ").result == []
    assert guntur.transactions(limit=5, cursor="MQ").result == []


def test_more_than_a_page_in_memory_is_streamed_as_valid_json(guntur, database):
    count = 2 * WALK_PAGE + 7
    fill(database, guntur, count)

    reply = guntur.transactions()

    assert reply.headers["Content-Type"] == "application/json"
    assert "Content-Length" not in reply.headers
    assert amounts(reply.result) == list(range(count, 0, -1))
    assert json.loads(reply.body)["status"] == "SUCCESS"


@pytest.mark.parametrize("count", [WALK_PAGE - 1, WALK_PAGE, WALK_PAGE + 1])
def test_a_full_page_in_memory_makes_no_stray_comma(guntur, database, count):
    fill(database, guntur, count)

    assert amounts(guntur.transactions().result) == list(range(count, 0, -1))


def test_a_report_taken_while_money_moves_is_a_true_prefix(guntur, database):
    """What is committed during the walk is left out; what is shown is one unbroken chain."""
    fill(database, guntur, WALK_PAGE + 50)
    with ThreadPoolExecutor(2) as pool:
        moving = pool.submit(lambda: [post(database, payment(UUID(guntur.id), 1)) for _ in range(30)])
        reports = [guntur.transactions().result for _ in range(5)]
        moving.result()

    for lines in reports:
        oldest_first = lines[::-1]
        assert oldest_first[0]["balance_before"] == 0
        assert all(
            line["balance_before"] == earlier["balance_after"] for earlier, line in pairwise(oldest_first)
        )


def test_a_transfer_shows_what_became_of_it(guntur, tom, settle):
    guntur.top_up(1_000)
    guntur.transfer(tom.id, 1)
    settle()
    guntur.transfer(tom.id, 2)

    statuses = {line["amount"]: line["status"] for line in guntur.transactions().result}

    assert statuses == {1_000: "SUCCESS", 1: "SUCCESS", 2: "PENDING"}


def test_money_received_is_a_line_of_the_receiver(guntur, tom, settle):
    guntur.top_up(30_000)
    sent = guntur.transfer(tom.id, 30_000, "Hadiah Ultah").result
    settle()

    line = tom.transactions().result[0]

    assert line == {
        "transfer_id": sent["transfer_id"],
        "status": "SUCCESS",
        "user_id": tom.id,
        "transaction_type": "CREDIT",
        "kind": "TRANSFER_IN",
        "amount": 30_000,
        "remarks": "Hadiah Ultah",
        "counterparty": guntur.id,
        "balance_before": 0,
        "balance_after": 30_000,
        "created_date": line["created_date"],
    }


def test_a_transfer_that_failed_is_shown_with_its_refund(guntur, tom, database, settle):
    guntur.top_up(30_000)
    sent = guntur.transfer(tom.id, 30_000, "Hadiah Ultah").result
    set_status(database, UUID(tom.id), WalletStatus.FROZEN)
    settle()

    refund, debit, _ = guntur.transactions().result

    assert refund == {
        "transfer_id": sent["transfer_id"],
        "status": "SUCCESS",
        "user_id": guntur.id,
        "transaction_type": "CREDIT",
        "kind": "REFUND",
        "amount": 30_000,
        "remarks": "Hadiah Ultah",
        "counterparty": tom.id,
        "balance_before": 0,
        "balance_after": 30_000,
        "created_date": refund["created_date"],
    }
    assert (debit["kind"], debit["status"]) == ("TRANSFER_OUT", "FAILED")
    assert walk(guntur, 1) == [[line] for line in guntur.transactions().result]
    assert tom.transactions().result == []


class TestTransferStatus:
    @pytest.fixture
    def sent(self, guntur, tom):
        guntur.top_up(30_000)
        return guntur.transfer(tom.id, 30_000, "Hadiah Ultah").result

    def test_sender_and_target_see_it(self, guntur, tom, settle, sent):
        settle()
        seen = guntur.transfer_status(sent["transfer_id"]).result

        assert seen == {
            "transfer_id": sent["transfer_id"],
            "status": "SUCCESS",
            "user_id": guntur.id,
            "target_user": tom.id,
            "amount": 30_000,
            "remarks": "Hadiah Ultah",
            "failure": None,
            "created_date": sent["created_date"],
            "settled_date": seen["settled_date"],
            "refunded": False,
        }
        assert tom.transfer_status(sent["transfer_id"]).result == seen

    def test_why_it_failed_is_told(self, guntur, tom, database, settle, sent):
        set_status(database, UUID(tom.id), WalletStatus.CLOSED)
        settle()

        seen = guntur.transfer_status(sent["transfer_id"]).result

        assert (seen["status"], seen["failure"]) == ("FAILED", "receiver_not_active")

    def test_it_is_hidden_from_others_as_if_it_did_not_exist(self, api, sent):
        stranger = api.sign_up()

        hidden, missing = (stranger.transfer_status(one) for one in (sent["transfer_id"], random_id()))

        assert (hidden.status, missing.status) == (404, 404)
        assert hidden.json.items() - missing.json.items() == {("request_id", hidden.json["request_id"])}

    def test_the_id_of_another_operation_is_no_transfer(self, guntur):
        assert guntur.transfer_status(guntur.top_up(1).result["top_up_id"]).status == 404
