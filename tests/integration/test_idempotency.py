"""A retry is safe: the same key and body give the same answer, and the money moves once (P8)."""

import unicodedata
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from uuid import UUID

import pytest
from api import User, in_process, random_id
from factories import set_status

from wallet.models import WalletStatus

REPLAYED = "Idempotency-Replayed"
MOVES = ["top_up", "pay", "transfer"]


@pytest.fixture
def guntur(api):
    user = api.sign_up()
    user.top_up(500_000)
    return user


@pytest.fixture
def tom(api):
    return api.sign_up(first_name="Tom")


@pytest.fixture
def key():
    return random_id()


@pytest.fixture
def move(guntur, tom):
    """A function that calls one of the three endpoints that move money."""
    calls = {
        "top_up": guntur.top_up,
        "pay": guntur.pay,
        "transfer": partial(guntur.transfer, tom.id),
    }
    return lambda name, amount=1_000, **options: calls[name](amount, **options)


@pytest.fixture
def entries(database):
    return database["entries"]


def assert_replayed(reply, first):
    """The answer is the first one's, byte for byte, and says that it is."""
    assert (reply.status, reply.body) == (first.status, first.body)
    assert reply.headers[REPLAYED] == "true"
    assert reply.headers.get("Location") == first.headers.get("Location")


@pytest.mark.parametrize("name", MOVES)
def test_the_same_key_and_body_give_the_same_answer(move, entries, key, name):
    first = move(name, key=key)
    before = entries.count_documents({})

    assert REPLAYED not in first.headers
    for _ in range(3):
        assert_replayed(move(name, key=key), first)
    assert entries.count_documents({}) == before


@pytest.mark.parametrize("name", MOVES)
def test_the_answer_stays_the_same_whatever_happens_meanwhile(guntur, move, key, name):
    first = move(name, key=key)
    guntur.top_up(1)
    guntur.pay(400_000)

    assert_replayed(move(name, key=key), first)


@pytest.mark.parametrize("name", MOVES)
def test_without_a_key_each_request_is_its_own(move, name):
    first, second = move(name), move(name)

    assert first.status == second.status
    assert first.body != second.body


@pytest.mark.parametrize("name", MOVES)
def test_another_amount_under_the_same_key_is_refused_and_named(move, entries, key, name):
    first = move(name, 1_000, key=key)
    before = entries.count_documents({})

    reply = move(name, 1_001, key=key)

    assert reply.status == 422
    assert reply.json["code"] == "idempotency_key_reused"
    assert reply.json["message"] == "This Idempotency-Key was used for a different request"
    assert set(reply.json["errors"]) == {"amount"}
    assert "1000" in reply.json["errors"]["amount"]
    assert entries.count_documents({}) == before
    assert_replayed(move(name, 1_000, key=key), first)


def test_every_field_that_differs_is_named(api, guntur, tom, key):
    guntur.transfer(tom.id, 1_000, "Hadiah Ultah", key=key)

    reply = guntur.transfer(api.sign_up().id, 2_000, "Uang kos", key=key)

    assert reply.status == 422
    assert set(reply.json["errors"]) == {"target_user", "amount", "remarks"}


def test_other_remarks_are_another_request(guntur, key):
    guntur.pay(1_000, "Kopi", key=key)

    assert set(guntur.pay(1_000, "Teh", key=key).json["errors"]) == {"remarks"}


def test_a_retry_that_spells_the_same_text_otherwise_is_the_same_request(guntur, key):
    first = guntur.pay(1_000, "Kopi di kafé", key=key)

    assert_replayed(guntur.pay(1_000, unicodedata.normalize("NFD", " Kopi di kafé "), key=key), first)


def test_a_key_reused_for_more_than_the_balance_is_still_a_reused_key(guntur, key):
    """What the key was used for matters before what the wallet could pay now."""
    guntur.pay(1_000, key=key)

    assert guntur.pay(900_000, key=key).status == 422


def test_a_refusal_burns_no_key(guntur, key):
    refused = guntur.pay(600_000, key=key)
    guntur.top_up(100_000)
    paid = guntur.pay(600_000, key=key)

    assert refused.status == 409
    assert paid.status == 201
    assert REPLAYED not in paid.headers
    assert_replayed(guntur.pay(600_000, key=key), paid)


def test_a_refused_target_burns_no_key(guntur, tom, key):
    assert guntur.transfer(random_id(), 1_000, key=key).status == 404
    assert guntur.transfer(tom.id, 2_000, key=key).status == 202


def test_a_refused_form_burns_no_key(guntur, key):
    assert guntur.top_up(0, key=key).status == 400
    assert guntur.top_up(7, key=key).status == 201


def test_the_keys_of_two_users_never_meet(guntur, tom, key):
    first, second = guntur.top_up(1_000, key=key), tom.top_up(2_000, key=key)

    assert (first.status, second.status) == (201, 201)
    assert REPLAYED not in second.headers
    assert first.result["top_up_id"] != second.result["top_up_id"]


def test_the_keys_of_two_routes_never_meet(move, key):
    replies = [move(name, key=key) for name in MOVES]

    assert [reply.status for reply in replies] == [201, 201, 202]
    assert not any(REPLAYED in reply.headers for reply in replies)


def test_keys_are_told_apart_by_case(guntur):
    assert REPLAYED not in guntur.top_up(1, key="a-key").headers
    assert REPLAYED not in guntur.top_up(1, key="A-KEY").headers


@pytest.mark.parametrize("name", MOVES)
def test_20_requests_at_once_with_one_key_make_one_entry(move, entries, key, name):
    before = entries.count_documents({})
    with ThreadPoolExecutor(20) as pool:
        replies = list(pool.map(lambda _: move(name, key=key), range(20)))

    assert entries.count_documents({}) == before + 1
    assert {reply.status for reply in replies} == {202 if name == "transfer" else 201}
    assert len({reply.body for reply in replies}) == 1
    assert sum(REPLAYED not in reply.headers for reply in replies) == 1


def test_of_20_different_requests_at_once_with_one_key_one_is_accepted(guntur, entries, key):
    before = entries.count_documents({})
    with ThreadPoolExecutor(20) as pool:
        replies = list(pool.map(lambda amount: guntur.top_up(amount, key=key), range(1, 21)))

    assert sorted(reply.status for reply in replies) == [201, *[422] * 19]
    assert entries.count_documents({}) == before + 1


def test_20_retries_on_two_pods_make_one_entry(build, guntur, entries, key):
    """Nothing of the answer is kept in a pod: the key is in the ledger."""
    pods = [User(in_process(build()), guntur.id, guntur.token) for _ in range(2)]
    before = entries.count_documents({})
    with ThreadPoolExecutor(20) as pool:
        replies = list(pool.map(lambda i: pods[i % 2].top_up(1_000, key=key), range(20)))

    assert entries.count_documents({}) == before + 1
    assert len({(reply.status, reply.body) for reply in replies}) == 1


def test_a_settled_transfer_is_replayed_as_it_was_accepted(guntur, tom, settle, key):
    first = guntur.transfer(tom.id, 30_000, key=key)
    settle()

    assert guntur.transfer_status(first.result["transfer_id"]).result["status"] == "SUCCESS"
    assert_replayed(guntur.transfer(tom.id, 30_000, key=key), first)
    assert tom.balance == 30_000


def test_a_refunded_transfer_is_replayed_and_not_sent_again(guntur, tom, database, settle, key):
    """The receiver can be credited again by then; a retry is no second try."""
    first = guntur.transfer(tom.id, 30_000, key=key)
    set_status(database, UUID(tom.id), WalletStatus.FROZEN)
    settle()
    set_status(database, UUID(tom.id), WalletStatus.ACTIVE)

    assert_replayed(guntur.transfer(tom.id, 30_000, key=key), first)
    settle()
    assert guntur.transfer_status(first.result["transfer_id"]).result["status"] == "FAILED"
    assert (guntur.balance, tom.balance) == (500_000, 0)
