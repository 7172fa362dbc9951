"""The seed's examples, word by word: what it asks for is what a client gets."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from api import Api, in_process, phone_number, random_id, registration

DATE = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}")
JAKARTA = ZoneInfo("Asia/Jakarta")
NOBODY = "b7342e8e-e8e7-4a5d-873e-b1b1bfcdeddb"


@pytest.fixture
def guntur(api):
    return api.sign_up()


@pytest.fixture
def tom(api):
    return api.sign_up(first_name="Tom")


def assert_uuid(text):
    assert str(UUID(text)) == text


def assert_now(text, zone=JAKARTA):
    """A date is `YYYY-MM-DD HH:MM:SS`, and it is that time where the people who read it live."""
    assert DATE.fullmatch(text)
    told = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone)
    assert abs(datetime.now(UTC) - told) < timedelta(seconds=10)


def assert_succeeded(reply, status):
    """The envelope is the seed's."""
    assert reply.status == status
    assert reply.headers["Content-Type"] == "application/json"
    assert set(reply.json) == {"status", "result"}
    assert reply.json["status"] == "SUCCESS"


def assert_failed(reply, status, message):
    assert reply.status == status
    assert reply.headers["Content-Type"] == "application/json"
    assert reply.json["message"] == message
    assert set(reply.json) == {"message", "code", "request_id"}
    assert re.fullmatch(r"[a-z_]+", reply.json["code"])
    assert reply.json["request_id"] == reply.headers["X-Request-ID"]


class TestRegister:
    def test_a_new_user_is_shown_as_registered(self, api):
        wish = registration(pin="123456")

        reply = api.post("/register", wish)

        assert_succeeded(reply, 201)
        assert set(reply.result) == {
            "user_id",
            "first_name",
            "last_name",
            "phone_number",
            "address",
            "created_date",
        }
        shown = {name: reply.result[name] for name in wish.keys() - {"pin"}}
        assert shown == {name: text for name, text in wish.items() if name != "pin"}
        assert_uuid(reply.result["user_id"])
        assert_now(reply.result["created_date"])

    def test_the_phone_number_is_a_unique_key(self, api):
        number = phone_number()
        api.register(phone_number=number)

        assert_failed(api.register(phone_number=number), 409, "Phone Number already registered")

    @pytest.mark.parametrize("prefix", ["+62", "62"])
    def test_an_international_spelling_is_the_same_key_and_is_shown_as_the_seed_shows_it(self, api, prefix):
        number = phone_number()
        spelled = prefix + number[1:]

        first = api.register(phone_number=spelled)

        assert first.result["phone_number"] == number
        assert api.register(phone_number=number).status == 409
        assert api.login(spelled).status == 200
        assert api.login(number).status == 200


class TestLogin:
    def test_phone_number_and_pin_give_two_tokens(self, api):
        number = api.register().result["phone_number"]

        reply = api.login(number)

        assert_succeeded(reply, 200)
        assert set(reply.result) == {"access_token", "refresh_token"}
        assert reply.result["access_token"] != reply.result["refresh_token"]

    def test_a_wrong_pin_is_refused_in_the_seeds_words(self, api):
        number = api.register().result["phone_number"]

        assert_failed(api.login(number, "654321"), 401, "Phone number and pin doesn't match.")

    def test_an_unknown_number_is_refused_in_the_same_words(self, api):
        assert_failed(api.login(phone_number()), 401, "Phone number and pin doesn't match.")

    def test_the_refresh_token_does_not_open_what_the_access_token_opens(self, api):
        tokens = api.login(api.register().result["phone_number"]).result

        assert api.with_token(tokens["access_token"]).profile().status == 200
        assert_failed(api.with_token(tokens["refresh_token"]).profile(), 401, "Unauthenticated")


class TestTopUp:
    def test_it_adds_to_the_balance(self, guntur):
        reply = guntur.top_up(500_000)

        assert_succeeded(reply, 201)
        assert reply.result == {
            "top_up_id": reply.result["top_up_id"],
            "amount_top_up": 500_000,
            "balance_before": 0,
            "balance_after": 500_000,
            "created_date": reply.result["created_date"],
        }
        assert_uuid(reply.result["top_up_id"])
        assert_now(reply.result["created_date"])

    def test_the_next_one_starts_where_it_ended(self, guntur):
        guntur.top_up(500_000)

        result = guntur.top_up(1).result

        assert (result["balance_before"], result["balance_after"]) == (500_000, 500_001)


class TestPayment:
    def test_it_takes_from_the_balance(self, guntur):
        guntur.top_up(500_000)

        reply = guntur.pay(100_000, "Pulsa Telkomsel 100k")

        assert_succeeded(reply, 201)
        assert reply.result == {
            "payment_id": reply.result["payment_id"],
            "amount": 100_000,
            "remarks": "Pulsa Telkomsel 100k",
            "balance_before": 500_000,
            "balance_after": 400_000,
            "created_date": reply.result["created_date"],
        }
        assert_uuid(reply.result["payment_id"])
        assert_now(reply.result["created_date"])

    def test_remarks_are_optional(self, guntur):
        guntur.top_up(1)

        assert guntur.post("/pay", {"amount": 1}).result["remarks"] == ""

    def test_more_than_the_balance_is_refused(self, guntur):
        guntur.top_up(99_999)

        assert_failed(guntur.pay(100_000), 409, "Balance is not enough")
        assert guntur.balance == 99_999


class TestTransfer:
    def test_it_takes_from_the_balance_and_is_under_way(self, guntur, tom):
        guntur.top_up(400_000)

        reply = guntur.transfer(tom.id, 30_000, "Hadiah Ultah")

        assert_succeeded(reply, 202)
        assert reply.result == {
            "transfer_id": reply.result["transfer_id"],
            "amount": 30_000,
            "remarks": "Hadiah Ultah",
            "balance_before": 400_000,
            "balance_after": 370_000,
            "created_date": reply.result["created_date"],
            "status": "PENDING",
            "target_user": tom.id,
        }
        assert_uuid(reply.result["transfer_id"])
        assert_now(reply.result["created_date"])

    def test_location_tells_what_became_of_it(self, guntur, tom, settle):
        guntur.top_up(400_000)
        reply = guntur.transfer(tom.id, 30_000)
        location = reply.headers["Location"]

        under_way = guntur.get(location).result
        settle()
        settled = guntur.get(location).result

        assert location == f"/transfers/{reply.result['transfer_id']}"
        assert (under_way["status"], under_way["settled_date"]) == ("PENDING", None)
        assert settled["status"] == "SUCCESS"
        assert_now(settled["settled_date"])
        assert tom.balance == 30_000

    def test_more_than_the_balance_is_refused(self, guntur, tom):
        assert_failed(guntur.transfer(tom.id, 30_000), 409, "Balance is not enough")

    def test_nobody_can_receive_it_under_an_unknown_id(self, guntur):
        guntur.top_up(30_000)

        assert_failed(guntur.transfer(random_id(), 30_000), 404, "Target user not found")


class TestTransactions:
    def test_it_reports_everything_newest_first_in_the_seeds_shape(self, guntur, tom, settle):
        top_up = guntur.top_up(500_000).result
        payment = guntur.pay(100_000, "Pulsa Telkomsel 100k").result
        transfer = guntur.transfer(tom.id, 30_000, "Hadiah Ultah").result
        settle()

        reply = guntur.transactions()

        assert_succeeded(reply, 200)
        common = {"status": "SUCCESS", "user_id": guntur.id}
        assert reply.result == [
            {
                **common,
                "transfer_id": transfer["transfer_id"],
                "transaction_type": "DEBIT",
                "kind": "TRANSFER_OUT",
                "amount": 30_000,
                "remarks": "Hadiah Ultah",
                "counterparty": tom.id,
                "balance_before": 400_000,
                "balance_after": 370_000,
                "created_date": transfer["created_date"],
            },
            {
                **common,
                "payment_id": payment["payment_id"],
                "transaction_type": "DEBIT",
                "kind": "PAYMENT",
                "amount": 100_000,
                "remarks": "Pulsa Telkomsel 100k",
                "counterparty": None,
                "balance_before": 500_000,
                "balance_after": 400_000,
                "created_date": payment["created_date"],
            },
            {
                **common,
                "top_up_id": top_up["top_up_id"],
                "transaction_type": "CREDIT",
                "kind": "TOP_UP",
                "amount": 500_000,
                "remarks": "",
                "counterparty": None,
                "balance_before": 0,
                "balance_after": 500_000,
                "created_date": top_up["created_date"],
            },
        ]


CHANGE = {"first_name": "Tom", "last_name": "Araya", "address": "Jl. Diponegoro No. 215"}


class TestProfile:
    def test_everything_but_the_key_can_be_changed(self, guntur):
        reply = guntur.put("/profile", CHANGE)

        assert_succeeded(reply, 200)
        assert reply.result == {
            "user_id": guntur.id,
            **CHANGE,
            "updated_date": reply.result["updated_date"],
        }
        assert_now(reply.result["updated_date"])

    def test_one_field_alone_can_be_changed(self, guntur):
        result = guntur.update_profile(first_name="Tom").result

        assert (result["first_name"], result["last_name"]) == ("Tom", "Saputro")

    def test_it_is_read_with_the_balance(self, api):
        number = phone_number()
        guntur = api.sign_up(phone_number=number)
        guntur.top_up(5)
        guntur.put("/profile", CHANGE)

        reply = guntur.profile()

        assert_succeeded(reply, 200)
        assert (
            reply.result.items()
            >= {
                **CHANGE,
                "user_id": guntur.id,
                "phone_number": number,
                "balance": 5,
            }.items()
        )


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/topup", {"amount": 500_000}),
        ("POST", "/pay", {"amount": 100_000, "remarks": "Pulsa Telkomsel 100k"}),
        ("POST", "/transfer", {"target_user": NOBODY, "amount": 30_000, "remarks": "Hadiah Ultah"}),
        ("GET", "/transactions", None),
        ("GET", "/profile", None),
        ("PUT", "/profile", {"first_name": "Tom"}),
        ("GET", f"/transfers/{NOBODY}", None),
    ],
)
def test_without_a_token_nobody_is_served(api, method, path, body):
    reply = api.request(method, path, body) if body else api.request(method, path)

    assert_failed(reply, 401, "Unauthenticated")
    assert reply.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.usefixtures("database")
def test_dates_are_shown_in_the_configured_zone(build):
    api = Api(in_process(build(timezone="America/New_York")))

    assert_now(api.register().result["created_date"], ZoneInfo("America/New_York"))


def test_a_request_id_that_was_given_comes_back(api):
    assert api.get("/profile", headers={"X-Request-ID": "mine-1"}).json["request_id"] == "mine-1"


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, 'a"b', "é"])
def test_a_request_id_that_would_spoil_a_log_line_is_replaced(api, given):
    reply = api.get("/profile", headers={"X-Request-ID": given})

    assert_uuid(reply.json["request_id"])


def test_replies_are_for_their_reader_only(api):
    """Money and tokens are kept by no cache, and no browser guesses their type."""
    reply = api.sign_up().profile()

    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
