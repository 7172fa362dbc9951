"""Whom to pay: an id and a masked name for who knows the number, and nothing for who tries numbers."""

import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from threading import get_ident
from uuid import UUID

import pytest
from api import Api, User, at_address, in_process, phone_number
from factories import make_user, make_wallet, set_status
from pymongo import MongoClient
from pymongo.monitoring import CommandListener
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from wallet.models import WalletStatus
from wallet.rules.rate import MISS, Rate
from wallet.store import documents
from wallet.store.buckets import Buckets

HERE, THERE = "203.0.113.7", "198.51.100.9"
AT_ONCE = 40


@pytest.fixture
def guntur(api):
    return api.sign_up(first_name="Guntur", last_name="Saputro")


@pytest.fixture
def tom(api):
    return api.sign_up(first_name="Tom", last_name="Araya")


def number_of(user):
    return user.profile().result["phone_number"]


class TestWhoIsFound:
    def test_somebody_by_an_id_to_pay_and_a_masked_name(self, guntur, tom):
        reply = guntur.lookup(number_of(tom))

        assert (reply.status, reply.result) == (200, {"user_id": tom.id, "name": "To*** Ar***"})

    @pytest.mark.parametrize("prefix", ["62", "+62"])
    def test_by_whatever_spelling_of_the_number(self, guntur, tom, prefix):
        assert guntur.lookup(prefix + number_of(tom)[1:]).result["user_id"] == tom.id

    def test_oneself(self, guntur):
        assert guntur.lookup(number_of(guntur)).result["user_id"] == guntur.id

    def test_nobody(self, guntur):
        reply = guntur.lookup(phone_number())

        assert (reply.status, reply.json["code"]) == (404, "user_not_found")

    def test_a_frozen_user_like_others(self, guntur, tom, database):
        before = guntur.lookup(number_of(tom)).result
        set_status(database, UUID(tom.id), WalletStatus.FROZEN)

        assert guntur.lookup(number_of(tom)).result == before

    def test_a_closed_one_as_nobody_to_the_byte(self, guntur, tom, database):
        set_status(database, UUID(tom.id), WalletStatus.CLOSED)

        closed, nobody = (guntur.lookup(one).json for one in (number_of(tom), phone_number()))

        assert closed | {"request_id": ""} == nobody | {"request_id": ""}

    @pytest.mark.parametrize("number", ["", "12345", "0811255501\n", "0811 255 501"])
    def test_what_is_no_number_is_refused_by_its_field(self, guntur, number):
        reply = guntur.lookup(number)

        assert (reply.status, set(reply.json["errors"])) == (400, {"phone_number"})


@pytest.fixture
def pod(build, database):  # noqa: ARG001 - the API works on it
    """A function that builds a pod with limits and returns one that is a user at an address."""

    def pod(**settings):
        app = build(
            rate_limits=True,
            **{"lookups_per_user": 20, "lookups_per_address": 100, "lookups_in_all": 100} | settings,
        )
        return lambda user, address=HERE: User(at_address(app, address), user.id, user.token)

    return pod


def statuses(user, numbers):
    return [user.lookup(one).status for one in numbers]


def nobodies(count):
    return [phone_number() for _ in range(count)]


class TestLimits:
    def test_a_user_finds_as_many_as_the_rate_allows_less_what_a_miss_would_take(self, pod, guntur, tom):
        """A lookup begins only when there is room for a miss."""
        found = statuses(pod(lookups_per_user=10)(guntur), [number_of(tom)] * 10)

        assert found == [200] * 7 + [429] * 3
        assert MISS == 5, "the last three tokens are no room for one"

    def test_misses_cost_five_times_as_much(self, pod, guntur):
        client = pod()

        assert statuses(client(guntur), nobodies(5)) == [404] * 4 + [429]

    def test_a_refusal_says_for_how_long(self, pod, guntur):
        user = pod()(guntur)
        statuses(user, nobodies(4))

        reply = user.lookup(phone_number())

        assert reply.json["code"] == "too_many_requests"
        assert 0 < int(reply.headers["Retry-After"]) <= 60 * (MISS - 1) / 20

    def test_what_is_malformed_is_a_miss(self, pod, guntur):
        user = pod()(guntur)

        assert [user.post("/lookup", {}).status for _ in range(5)] == [400] * 4 + [429]

    def test_of_many_guesses_at_once_no_more_are_answered_than_may_be(self, pod, guntur):
        user = pod()(guntur)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            found = list(pool.map(lambda one: user.lookup(one).status, nobodies(AT_ONCE)))

        assert set(found) == {404, 429}
        assert found.count(404) <= 20 // (MISS - 1)

    def test_others_are_not_in_the_way(self, pod, guntur, tom):
        client = pod()
        statuses(client(guntur), nobodies(10))

        assert client(tom).lookup(number_of(guntur)).status == 200

    def test_of_an_address_all_users_together(self, pod, guntur, tom):
        client = pod(lookups_per_address=3)
        assert statuses(client(guntur), [number_of(tom)] * 3) == [200] * 3

        assert client(tom).lookup(number_of(guntur)).status == 429
        assert client(tom, THERE).lookup(number_of(guntur)).status == 200

    def test_and_all_addresses_together(self, pod, guntur, tom):
        client = pod(lookups_in_all=2)
        assert statuses(client(guntur), [number_of(tom)] * 2) == [200] * 2

        assert client(tom, THERE).lookup(number_of(guntur)).status == 429

    def test_who_was_refused_for_the_address_has_used_up_nothing(self, pod, guntur, tom):
        number = number_of(tom)
        client = pod(lookups_per_address=1)
        assert statuses(client(guntur), [number] * 30) == [200] + [429] * 29

        assert client(guntur, THERE).lookup(number).status == 200

    def test_all_pods_count_together(self, pod, guntur):
        assert statuses(pod()(guntur), nobodies(4)) == [404] * 4
        assert statuses(pod()(guntur), nobodies(1)) == [429]

    def test_nobody_without_a_token_uses_anything_up(self, pod, guntur, tom, database):
        nobody = pod()(guntur).with_token("x.y.z")

        assert statuses(nobody, [number_of(tom)] * 3) == [401] * 3
        assert database["buckets"].count_documents({}) == 0


class TestBuckets:
    @pytest.fixture
    def buckets(self, database):
        return Buckets(database)

    def test_several_are_taken_or_none(self, buckets):
        assert [buckets.take("one", Rate(6), 4) > 0 for _ in range(2)] == [False, True]
        assert [buckets.take("one", Rate(6)) for _ in range(2)] == [0, 0]

    def test_what_is_given_back_can_be_taken_again(self, buckets):
        buckets.take("one", Rate(6), 6)
        buckets.correct("one", Rate(6), -3)

        assert buckets.take("one", Rate(6), 3) == 0
        assert buckets.take("one", Rate(6)) > 0

    def test_more_can_be_taken_than_there_is(self, buckets):
        buckets.take("one", Rate(6), 6)
        buckets.correct("one", Rate(6), 1)

        assert 19 < buckets.take("one", Rate(6)) <= 20


def test_a_refusal_leaves_an_event_with_who_it_was_and_no_number(pod, guntur):
    user = pod()(guntur)
    statuses(user, nobodies(4))
    number = phone_number()

    with capture_logs(processors=[merge_contextvars]) as events:
        user.lookup(number)

    (event,) = [event for event in events if event.get("trail")]
    assert (event["event"], event["door"], event["scope"]) == ("request_refused", "lookup", "user")
    assert (event["user_id"], event["address"]) == (guntur.id, HERE)
    assert number not in repr(events)


class _Recorder(CommandListener):
    """Keeps what a thread asks the server, and what it is told of what it wrote."""

    def __init__(self):
        self.asked = []
        self._thread = get_ident()

    def started(self, event):
        if get_ident() == self._thread:
            self.asked.append((event.command_name, event.command[event.command_name]))

    def succeeded(self, event):
        if get_ident() == self._thread:
            self.asked.append(event.reply.get("nModified"))

    def failed(self, event):
        pass


@pytest.fixture
def recorder(monkeypatch):
    """Hears all clients of pods that are built after it."""
    one = _Recorder()

    def client(uri, **options):
        return MongoClient(uri, **options | {"event_listeners": [*options["event_listeners"], one]})

    monkeypatch.setattr("wallet.store.client.MongoClient", client)
    return one


def test_for_a_number_of_nobody_the_same_is_read_and_written(recorder, pod, guntur, tom, database):
    """What takes as long does not tell who is registered; a clock is too coarse to show that by itself."""
    closed = guntur.sign_up()
    set_status(database, UUID(closed.id), WalletStatus.CLOSED)
    numbers = [number_of(tom), phone_number(), number_of(closed)]
    user = pod()(guntur)
    user.lookup(numbers[0])  # a bucket is made by the first that is taken out of it
    asked = []
    for number in numbers:
        recorder.asked.clear()
        user.lookup(number)
        asked.append(list(recorder.asked))

    assert asked[0] == asked[1] == asked[2]
    doors = [("findAndModify", "buckets"), None] * 3
    reads = [("find", "users"), None, ("find", "wallets"), None]
    assert asked[0] == [*doors, *reads, ("update", "buckets"), 1]


@pytest.mark.alone
class TestTime:
    PAIRS = 150

    @pytest.fixture
    def strangers(self, database):
        """Numbers in pairs, of somebody and of nobody."""
        users = [make_user(phone_number=phone_number()) for _ in range(self.PAIRS)]
        wallets = [make_wallet(id=user.id, balance=0, seq=0) for user in users]
        database["users"].insert_many(map(documents.user_document, users))
        database["wallets"].insert_many(map(documents.wallet_document, wallets))
        return [(user.phone_number, phone_number()) for user in users]

    def test_a_number_of_nobody_takes_as_long_as_one_of_somebody(self, build, guntur, strangers):
        """In turn, each first as often as second, so that a busy moment hits both; with the limits on."""
        limits = {"lookups_per_user": 60_000, "lookups_per_address": 60_000, "lookups_in_all": 60_000}
        user = Api(in_process(build(rate_limits=True, **limits)), guntur.token)
        times = {}
        for turn, pair in enumerate(strangers):
            for number in pair[:: 1 if turn % 2 else -1]:
                times[number] = seconds(user, number)

        somebody, nobody = (
            median(times[number] for number in column) for column in zip(*strangers, strict=True)
        )

        assert nobody == pytest.approx(somebody, rel=0.3)


def seconds(user, number):
    started = time.perf_counter()
    assert user.lookup(number).status in {200, 404}
    return time.perf_counter() - started
