"""Doors that anybody may knock at: so often from one address, so often in all, shut when nobody can tell."""

import pytest
from api import Api, at_address, phone_number
from structlog.testing import capture_logs

from wallet.rules.rate import Rate
from wallet.store.buckets import Buckets

WRONG = "482913"
HERE, THERE = "203.0.113.7", "198.51.100.9"


@pytest.fixture
def pod(build, database):  # noqa: ARG001 - the API works on it
    """A function that builds a pod with few logins and registrations and returns a client at an address."""

    def pod(**settings):
        few = {"logins_per_address": 3, "logins_in_all": 5, "registrations_per_address": 2}
        app = build(rate_limits=True, **{**few, **settings})
        return lambda address=HERE, **headers: Api(at_address(app, address, **headers))

    return pod


def spray(client, times):
    """One PIN for many numbers, as somebody does whom no guard of a number can stop."""
    return [client().login(phone_number(), WRONG).status for _ in range(times)]


class TestBuckets:
    @pytest.fixture
    def buckets(self, database):
        return Buckets(database)

    def test_one_holds_as_many_as_a_minute_has_and_says_when_there_is_more(self, buckets):
        taken = [buckets.take("one", Rate(6)) for _ in range(7)]

        assert taken[:6] == [0] * 6
        assert 9 < taken[6] <= 10

    def test_what_was_not_there_is_not_owed(self, buckets, database):
        for _ in range(20):
            buckets.take("one", Rate(6))
        before = list(database["buckets"].find())
        buckets.take("one", Rate(6))

        assert list(database["buckets"].find()) == before

    def test_each_has_its_own(self, buckets):
        assert [buckets.take(key, Rate(1)) for key in ("one", "other")] == [0, 0]


class TestAddresses:
    def test_one_pin_for_many_numbers_is_stopped_and_says_for_how_long(self, pod):
        client = pod()

        assert spray(client, 3) == [401] * 3
        reply = client().login(phone_number(), WRONG)

        assert (reply.status, reply.json["code"]) == (429, "too_many_requests")
        assert 0 < int(reply.headers["Retry-After"]) <= 20

    def test_for_numbers_of_somebody_and_of_nobody_alike(self, pod, api):
        number = api.register().result["phone_number"]
        client = pod()
        spray(client, 3)

        bodies = [client().login(one).json | {"request_id": ""} for one in (number, phone_number())]

        assert bodies[0] == bodies[1]

    def test_others_are_let_in_until_all_together_are_too_many(self, pod):
        client = pod()
        spray(client, 10)
        there = [client(THERE).login(phone_number(), WRONG).status for _ in range(3)]

        assert there == [401, 401, 429], "refusals of the first took none of the five of all"

    def test_all_pods_count_together(self, pod):
        assert spray(pod(), 3) == [401] * 3
        assert spray(pod(), 1) == [429]

    def test_registrations_have_limits_of_their_own(self, pod):
        client = pod()

        assert [client().register().status for _ in range(3)] == [201, 201, 429]
        assert client(THERE).register().status == 201
        assert spray(client, 1) == [401]

    def test_what_is_malformed_counts_as_well(self, pod):
        client = pod()

        assert [client().post("/login", {}).status for _ in range(4)] == [400, 400, 400, 429]

    def test_limits_can_be_switched_off_and_the_guard_of_a_number_cannot(self, api):
        """The API of the other tests has none."""
        assert [api.login(phone_number(), WRONG).status for _ in range(5)] == [401] * 5
        number = phone_number()
        assert 429 in [api.login(number, WRONG).status for _ in range(6)]


class TestForgery:
    """X-Forwarded-For is what a client claims, but for its end, where our own proxies wrote."""

    @pytest.mark.parametrize("claim", ["1.2.3.{}", "1.2.3.{}, 5.6.7.8", "{}", "x" * 200])
    def test_without_proxies_it_changes_nothing(self, pod, claim):
        client = pod()

        statuses = [
            client(**{"X-Forwarded-For": claim.format(number)}).login(phone_number(), WRONG).status
            for number in range(4)
        ]

        assert statuses == [401, 401, 401, 429]

    def test_behind_one_proxy_only_what_that_added_counts(self, pod):
        client = pod(proxies=1)

        def through_proxy(claim, address):
            forwarded = {"X-Forwarded-For": f"{claim}, {address}" if claim else address}
            return client("10.0.0.1", **forwarded).login(phone_number(), WRONG).status

        assert [through_proxy(f"1.2.3.{number}", HERE) for number in range(4)] == [401, 401, 401, 429]
        assert through_proxy("", THERE) == 401
        assert through_proxy(HERE, THERE) == 401

    @pytest.mark.parametrize("header", ["X-Real-IP", "Forwarded", "X-Forwarded", "CF-Connecting-IP"])
    def test_no_other_header_changes_anything(self, pod, header):
        client = pod(proxies=1)

        statuses = [
            client(**{header: f"1.2.3.{number}"}).login(phone_number(), WRONG).status for number in range(4)
        ]

        assert statuses == [401, 401, 401, 429]


@pytest.fixture
def limiter_down(client):
    """Buckets and guards cannot be written, everything else can."""
    data = {"appName": "dompet-api", "failCommands": ["findAndModify"], "errorCode": 91}
    client.admin.command("configureFailPoint", "failCommand", mode="alwaysOn", data=data)
    yield
    client.admin.command("configureFailPoint", "failCommand", mode="off")


class TestFailure:
    @pytest.fixture
    def guntur(self, pod):
        return pod()().sign_up()

    @pytest.mark.usefixtures("guntur", "limiter_down")
    def test_a_limiter_that_cannot_be_asked_keeps_doors_shut_and_money_moving(self, pod, guntur):
        client = pod()
        for reply in (client().login(phone_number()), client().register()):
            assert (reply.status, reply.json["code"]) == (503, "unavailable")
            assert reply.headers["Retry-After"]

        assert guntur.top_up(1_000).status == 201
        assert guntur.pay(1_000).status == 201

    def test_money_moves_when_the_address_has_had_its_share(self, pod, guntur):
        client = pod()
        spray(client, 5)
        mine = client().with_token(guntur.token)

        assert [mine.top_up(1).status for _ in range(10)] == [201] * 10


def test_a_refusal_leaves_an_event_with_its_door_and_its_address(pod):
    client = pod()
    spray(client, 3)

    with capture_logs() as events:
        spray(client, 1)

    (event,) = [event for event in events if event.get("trail")]
    assert (event["event"], event["door"], event["scope"]) == ("request_refused", "login", "address")
