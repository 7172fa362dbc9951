"""Bad input gets a clear error in the one shape, writes nothing, and is never a 500."""

# ruff: noqa: RUF001 - digits of other scripts are what is tested

import io
import json
import time
from datetime import UTC, datetime, timedelta

import pytest
from api import User, in_process, random_id, registration
from factories import open_wallet
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from signing import token

LARGEST_BODY = 16 * 1024
LARGEST_AMOUNT = 2**53 - 1
MONEY = 100_000
"""Enough for every well-formed request of these tests: what is refused here is refused for its form."""

TARGET = "b7342e8e-e8e7-4a5d-873e-b1b1bfcdeddb"
BODIES = {
    "/register": registration(),
    "/login": {"phone_number": "0811255501", "pin": "123456"},
    "/topup": {"amount": 1},
    "/pay": {"amount": 1, "remarks": "Pulsa Telkomsel 100k"},
    "/transfer": {"target_user": TARGET, "amount": 1, "remarks": "Hadiah Ultah"},
    "/profile": {"first_name": "Tom", "last_name": "Araya", "address": "Jl. Diponegoro No. 215"},
    "/pin": {"pin": "123456", "new_pin": "864209"},
}
"""The routes that take a body, each with one that is accepted."""

PRIVATE = [
    *(("POST", path) for path in ("/topup", "/pay", "/transfer")),
    *(("PUT", "/profile"), ("GET", "/profile"), ("PUT", "/pin")),
    *(("GET", "/transactions"), ("GET", "/transactions?limit=5")),
    ("GET", f"/transfers/{TARGET}"),
]

FIELDS = [(path, field) for path, body in BODIES.items() for field in body]
TEXTS = [(path, field) for path, field in FIELDS if field != "amount"]
READ_BY_PEOPLE = {"first_name", "last_name", "address", "remarks"}

each_path = pytest.mark.parametrize("path", BODIES)
each_move = pytest.mark.parametrize("path", ["/topup", "/pay", "/transfer"])
each_field = pytest.mark.parametrize(("path", "field"), FIELDS)
each_text = pytest.mark.parametrize(("path", "field"), TEXTS)
each_text_for_people = pytest.mark.parametrize(
    ("path", "field"), [(path, field) for path, field in FIELDS if field in READ_BY_PEOPLE]
)
each_required_field = pytest.mark.parametrize(
    ("path", "field"), [(path, field) for path, field in FIELDS if path != "/profile" and field != "remarks"]
)
with_credentials = pytest.mark.parametrize("path", ["/register", "/login"])
with_a_pin = pytest.mark.parametrize(
    ("path", "field"), [(path, field) for path, field in FIELDS if field.endswith("pin")]
)
CHANGES = {"/profile", "/pin"}
"""Those that are put, not posted."""

CONTENT_TYPES = [
    *("text/plain", "text/json", "application/jsonx", "application/vnd.api+json", "*/*"),
    *("application/x-www-form-urlencoded", "multipart/form-data; boundary=x"),
]

SPOILS = {
    "empty": lambda _: b"",
    "blank": lambda _: b" ",
    "null": lambda _: b"null",
    "an array": lambda good: b"[" + good + b"]",
    "an empty array": lambda _: b"[]",
    "text": lambda _: b'"amount"',
    "a number": lambda _: b"1",
    "true": lambda _: b"true",
    "a form": lambda _: b"amount=1",
    "single quotes": lambda good: good.replace(b'"', b"'"),
    "a trailing comma": lambda good: good[:-1] + b",}",
    "cut off": lambda good: good[:-1],
    "something after it": lambda good: good + b"x",
    "two objects": lambda good: good + good,
    "a comment": lambda good: good + b"// c",
    "a byte order mark": lambda good: b"\xef\xbb\xbf" + good,
    "UTF-16": lambda good: good.decode().encode("utf-16"),
    "invalid UTF-8": lambda good: good[:-1] + b',"x":"\xff"}',
    "an overlong encoding": lambda good: good[:-1] + b',"x":"\xc0\xaf"}',
    "a surrogate in UTF-8": lambda good: good[:-1] + b',"x":"\xed\xa0\x80"}',
    "a NUL after it": lambda good: good + b"\x00",
    "a control character": lambda good: good[:-1] + b',"x":"\x01"}',
    "each name twice": lambda good: good[:-1] + b"," + good[1:],
    "a name twice, once escaped": lambda good: good[:-1] + b',"x":1,"\\u0078":1}',
    "a name twice, deep inside": lambda good: good[:-1] + b',"x":[{"y":1,"y":1}]}',
    "NaN": lambda good: good[:-1] + b',"x":NaN}',
    "Infinity": lambda good: good[:-1] + b',"x":Infinity}',
    "-Infinity": lambda good: good[:-1] + b',"x":-Infinity}',
    "5,000 digits": lambda good: good[:-1] + b',"x":' + b"9" * 5_000 + b"}",
    "arrays 10,000 deep": lambda _: b"[" * 10_000,
    "objects 3,000 deep": lambda _: b'{"a":' * 3_000,
    "a field 7,000 deep": lambda good: good[:-1] + b',"x":' + b"[" * 7_000 + b"]" * 7_000 + b"}",
}
"""What makes a good body something other than one JSON object."""

EXTRAS = [
    *({"balance": 1_000_000}, {"_id": 1}, {"user_id": TARGET}, {"wallet_status": "ACTIVE"}),
    *({"$set": {"balance": 1_000_000}}, {"__proto__": {"admin": True}}, {"wallet.balance": 1}),
    *({"First_Name": "Tom"}, {"seq": 0, "created_at": None}),
]

OPERATORS = [{"$ne": None}, {"$gt": ""}, {"$regex": ".*"}, {"$where": "sleep(9)"}, {"$inc": 1}, {}]

AMOUNTS = [
    *("0", "-0", "-1", "true", "false", "null", "1.0", "1e2", "1E2", "0.5", "1e400", "-1e400"),
    *('"5"', '""', '"١"', "[1]", "{}", '{"$numberLong":"5"}', str(LARGEST_AMOUNT + 1)),
    *(str(2**63), str(2**64 + 1), "9" * 4_000, "-" + "9" * 4_000),
]
NO_JSON_NUMBERS = ["01", "+1", "1_000", "0x10", "1.", ".5", "١", "1 000", "Rp1", "9" * 5_000]

PINS = [
    *("", "12345", "1234567", "12345a", "abcdef", "12345 ", " 12345", "-12345", "+12345", "1234.5"),
    *("123456\n", "\n123456", "123456\r\n", "123456\u2028", "12345\n", "123456\x00", "123456 "),
    *("١٢٣٤٥٦", "１２３４５６", "१२३४५६", "12345٦", "12345²", "①②③④⑤⑥", "\ud83512345"),
]

PHONE_NUMBERS = [
    *("", "0", "08", "08112555", "0" + "8" * 13, "811255501", "0711255501", "021555555", "110"),
    *("+62", "+6208112555011", "++62811255501", "+65811255501", "0062811255501", "62 811255501"),
    *("0811255501\n", "\n0811255501", " 0811255501", "0811255501 ", "0811-2555-01", "0811 255 501"),
    *("٠٨١١٢٥٥٥٠١", "０８１１２５５５０１", "081125550١", "0811255501\u200b", "0811255501\x00"),
    *("tel:0811255501", "0811255501;ext=1", "08112555o1", "0811255501,0811255502", "\udc00"),
]

INVISIBLE = [
    *("a\x00", "a\x1b[31m", "a\nb", "a\tb", "a\r", "\x7f", "\x85", "Tom\n"),  # control
    *("\u202eTom", "\u202aTom", "\u2066Tom", "\u2069", "\u200fTom", "\u061c"),  # direction
    *("T\u200bom", "T\u200dom", "T\u2060om", "\ufeffTom", "T\u00adom", "T\u180eom"),  # zero width
    *("\u2028", "\u2029", "\ue000", "\U000e0041", "\U0010ffff", "\u0378", "\ud800", "a\udfff"),
    *("\u3164", "\u115f", "\u2800", "T\u034fom"),  # fillers
]

TARGETS = [
    *("", "x", "0811255501", TARGET[:-1], TARGET + "0", TARGET.replace("-", ""), f"{{{TARGET}}}"),
    *(f"urn:uuid:{TARGET}", f"{TARGET}\n", f" {TARGET}", f"{TARGET}\x00", "g" + TARGET[1:]),
    *(TARGET.replace("-", "_"), "-" * 36, "٠" * 36, "../../profile", "\ud800"),
]

KEYS = ["", " ", "a b", "\ta\t", "é", "x" * 256, "a\x7f", "\xa0", "x" * 8_000]

QUERIES = {
    "limit": [
        *("", "0", "-1", "1001", "x", "1.5", "1.0", "1e1", "true", "null", "1_0", "%201", "%2B1"),
        *("%D9%A1", "9" * 5_000, "%00", "%FF", "1%0A", "{}", "[]"),
    ],
    "cursor": [
        *("", "x", "1", "%00", "%FF", "MQ%3D%3D", "é", "null"),
        # 0, -1, +1, 01, " 1", 1_0, an Arabic-Indic 1; more than MongoDB, more than Python has digits for
        *("MA", "LTE", "KzE", "MDE", "IDE", "MV8w", "2aE", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "OTk5" * 2_000),
    ],
    "limit[$gt]": ["1"],
    "before": ["1"],
    "user_id": [TARGET],
}


@pytest.fixture
def guntur(app, database):
    """Somebody with money. The API would hash a PIN for each test, so he is put into the database."""
    user_id = str(open_wallet(database, MONEY))
    return User(in_process(app), user_id, token(app, sub=user_id))


@pytest.fixture(autouse=True)
def nothing_is_written(guntur, snapshot):  # noqa: ARG001 - he has his money before
    """Watches over every test here: whatever was sent, nothing of it is in the database."""
    before = snapshot()
    yield
    assert snapshot() == before


def method_of(path):
    return "PUT" if path in CHANGES else "POST"


def send(api, path, body):
    """Send ``body``, raw or as JSON, to one of the routes that take one."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return api.request(method_of(path), path, body=raw)


def with_amount(path, literal):
    """The body of ``path``, its amount spelled in some way."""
    return json.dumps({**BODIES[path], "amount": 0}).replace('"amount": 0', f'"amount": {literal}').encode()


def assert_refused(reply, status, code, *fields):
    """The one shape: message, code and request id, and with bad fields what is wrong with each."""
    assert reply.status == status
    assert reply.headers["Content-Type"] == "application/json"
    assert set(reply.json) == {"message", "code", "request_id"} | ({"errors"} if fields else set())
    assert reply.json["code"] == code
    assert reply.json["message"]
    assert reply.json["request_id"] == reply.headers["X-Request-ID"]
    complaints = reply.json.get("errors", {})
    assert set(complaints) == set(fields)
    for complaint in complaints.values():
        assert isinstance(complaint, str)
        assert complaint
        assert "Value error" not in complaint


def assert_invalid(reply, *fields):
    assert_refused(reply, 400, "invalid_input", *fields)


class TestBody:
    @each_path
    def test_what_is_spoiled_below_is_good(self, guntur, path):
        """Without this, everything below could be refused for a reason of its own."""
        assert_invalid(send(guntur, path, {**BODIES[path], "unknown": 1}), "unknown")

    @each_path
    def test_another_content_type_is_415(self, guntur, subtests, path):
        body = json.dumps(BODIES[path]).encode()
        for content_type in CONTENT_TYPES:
            with subtests.test(content_type):
                headers = {"Content-Type": content_type}

                reply = guntur.request(method_of(path), path, body=body, headers=headers)

                assert_refused(reply, 415, "unsupported_media_type")

    @each_path
    def test_no_content_type_is_415(self, app, guntur, path):
        headers = {"Authorization": f"Bearer {guntur.token}"}

        reply = in_process(app)(method_of(path), path, json.dumps(BODIES[path]).encode(), headers)

        assert_refused(reply, 415, "unsupported_media_type")

    @each_path
    def test_what_is_not_one_json_object_is_400(self, guntur, subtests, path):
        good = json.dumps(BODIES[path]).encode()
        for name, spoil in SPOILS.items():
            with subtests.test(name):
                assert_refused(send(guntur, path, spoil(good)), 400, "malformed_json")

    @each_path
    @pytest.mark.parametrize(
        "more", [b'"\\ud800":1', b'"x":"\\udfff"', b'"x":{"\\ud800":"\\ud800"}', b'"\\u0000":1', b'"":1']
    )
    def test_no_name_can_break_the_reply(self, guntur, path, more):
        reply = send(guntur, path, json.dumps(BODIES[path]).encode()[:-1] + b"," + more + b"}")

        assert_invalid(reply, *reply.json["errors"])

    @each_path
    def test_16_kib_is_the_longest(self, guntur, path):
        longest = json.dumps({**BODIES[path], "unknown": 1}).encode().ljust(LARGEST_BODY)

        assert_invalid(send(guntur, path, longest), "unknown")
        assert_refused(send(guntur, path, longest + b" "), 413, "request_entity_too_large")
        assert_refused(send(guntur, path, b" " * 1_000_000), 413, "request_entity_too_large")

    @each_path
    def test_a_body_of_untold_length_is_bounded_too(self, app, guntur, path):
        """Sent in chunks it has no Content-Length; what is beyond the limit must not be cut off unread."""
        body = json.dumps(BODIES[path]).encode().ljust(LARGEST_BODY) + b"and this is no JSON"

        reply = app.test_client().open(
            path,
            method=method_of(path),
            input_stream=io.BytesIO(body),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {guntur.token}"},
            environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
        )

        assert reply.status_code == 413
        assert reply.json["code"] == "request_entity_too_large"


class TestFields:
    @each_required_field
    def test_a_missing_field_is_named(self, guntur, path, field):
        body = {name: value for name, value in BODIES[path].items() if name != field}

        assert_invalid(send(guntur, path, body), field)

    def test_all_missing_fields_are_named_at_once(self, guntur):
        assert_invalid(guntur.post("/register", {}), *BODIES["/register"])

    def test_a_profile_without_any_change_is_refused(self, guntur):
        assert_invalid(guntur.put("/profile", {}), "first_name")

    @each_path
    def test_a_field_nobody_asked_for_is_refused(self, guntur, subtests, path):
        for extra in EXTRAS:
            with subtests.test(extra=extra):
                assert_invalid(send(guntur, path, {**BODIES[path], **extra}), *extra)

    @pytest.mark.parametrize("key", ["phone_number", "pin", "pin_hash", "user_id", "updated_at"])
    def test_the_profile_cannot_change_what_identifies_a_user(self, guntur, key):
        assert_invalid(guntur.update_profile(**{"first_name": "Tom", key: "0811255599"}), key)

    @each_field
    def test_an_operator_is_not_a_value(self, guntur, subtests, path, field):
        for operator in OPERATORS:
            with subtests.test(operator=operator):
                assert_invalid(send(guntur, path, {**BODIES[path], field: operator}), field)

    @each_text
    @hypothesis_settings(
        max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(
        value=st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.lists(st.text(), max_size=2)
        | st.dictionaries(st.text(), st.none(), max_size=2)
    )
    def test_text_is_text(self, guntur, path, field, value):
        """Nothing is converted: a PIN as a number would lose its zeros."""
        assert_invalid(send(guntur, path, {**BODIES[path], field: value}), field)

    @each_move
    def test_an_amount_is_a_whole_number_of_rupiah_up_to_the_cap(self, guntur, subtests, path):
        for amount in AMOUNTS:
            with subtests.test(amount=amount[:30]):
                assert_invalid(send(guntur, path, with_amount(path, amount)), "amount")

    @each_move
    def test_an_amount_that_is_no_json_number_is_malformed(self, guntur, subtests, path):
        for amount in NO_JSON_NUMBERS:
            with subtests.test(amount=amount[:30]):
                assert_refused(send(guntur, path, with_amount(path, amount)), 400, "malformed_json")

    def test_an_amount_over_the_configured_cap_is_refused(self, build, guntur):
        """An operator may set the cap lower than what JSON can carry."""
        capped = User(in_process(build(balance_cap=1_000)), guntur.id, guntur.token)

        assert_invalid(capped.top_up(1_001), "amount")

    @with_a_pin
    def test_a_pin_is_six_ascii_digits(self, guntur, subtests, path, field):
        for pin in PINS:
            with subtests.test(pin=ascii(pin)):
                assert_invalid(send(guntur, path, {**BODIES[path], field: pin}), field)

    @with_credentials
    def test_a_phone_number_is_an_indonesian_mobile_number(self, guntur, subtests, path):
        for number in PHONE_NUMBERS:
            with subtests.test(number=ascii(number)):
                assert_invalid(send(guntur, path, {**BODIES[path], "phone_number": number}), "phone_number")

    @each_text_for_people
    def test_text_that_people_read_has_nothing_invisible_in_it(self, guntur, subtests, path, field):
        for text in INVISIBLE:
            with subtests.test(text=ascii(text)):
                assert_invalid(send(guntur, path, {**BODIES[path], field: text}), field)

    @each_text_for_people
    def test_text_has_a_longest(self, guntur, path, field):
        longest = 64 if field.endswith("name") else 200

        assert_invalid(send(guntur, path, {**BODIES[path], field: "é" * (longest + 1)}), field)
        assert_invalid(send(guntur, path, {**BODIES[path], field: "x" * 10_000}), field)

    @pytest.mark.parametrize("path", ["/register", "/profile"])
    @pytest.mark.parametrize("field", ["first_name", "last_name"])
    def test_a_name_is_not_empty(self, guntur, path, field):
        for name in ("", " ", "\u00a0\u3000"):
            assert_invalid(send(guntur, path, {**BODIES[path], field: name}), field)

    def test_a_target_is_a_uuid(self, guntur, subtests):
        for target in TARGETS:
            with subtests.test(target=ascii(target)):
                assert_invalid(guntur.transfer(target, 1), "target_user")

    def test_a_target_nobody_knows_is_404(self, guntur):
        assert_refused(guntur.transfer(random_id(), 1), 404, "receiver_not_found")

    @pytest.mark.parametrize("spell", [str.lower, str.upper])
    def test_nobody_transfers_to_themselves(self, guntur, spell):
        assert_invalid(guntur.transfer(spell(guntur.id), 1), "target_user")

    @each_move
    def test_an_idempotency_key_is_printable_ascii_of_bounded_length(self, guntur, subtests, path):
        for key in KEYS:
            with subtests.test(key=ascii(key[:30])):
                reply = guntur.post(path, BODIES[path], headers={"Idempotency-Key": key})

                assert_invalid(reply, "Idempotency-Key")


AUTHORIZATIONS = {
    "empty": lambda *_: "",
    "scheme only": lambda *_: "Bearer",
    "scheme and a space": lambda *_: "Bearer ",
    "no scheme": lambda _, good: good,
    "another scheme": lambda _, good: f"Token {good}",
    "basic": lambda *_: "Basic MDgxMTI1NTUwMToxMjM0NTY=",
    "two tokens": lambda _, good: f"Bearer {good} {good}",
    "more after it": lambda _, good: f"Bearer {good}.x",
    "malformed": lambda *_: "Bearer x",
    "two dots": lambda *_: "Bearer a.b.c",
    "not ASCII": lambda *_: "Bearer é",
    "10,000 characters": lambda *_: "Bearer " + "a" * 10_000,
    "another payload": lambda app, good: f"Bearer {_mixed(good, token(app, sub=TARGET), good)}",
    "another signature": lambda app, good: f"Bearer {_mixed(good, good, token(app, sub=TARGET))}",
    "no signature": lambda _, good: f"Bearer {good.rpartition('.')[0]}.",
    "signed by somebody else": lambda app, _: f"Bearer {token(app, 's' * 64, sub=TARGET)}",
    "signed by nobody": lambda app, _: f"Bearer {token(app, '', 'none', sub=TARGET)}",
    "another algorithm": lambda app, _: f"Bearer {token(app, None, 'HS512', sub=TARGET)}",
    "expired": lambda app, _: f"Bearer {token(app, sub=TARGET, exp=_in(seconds=-1))}",
    "not valid yet": lambda app, _: f"Bearer {token(app, sub=TARGET, nbf=_in(hours=1))}",
    "issued in the future": lambda app, _: f"Bearer {token(app, sub=TARGET, iat=_in(hours=1))}",
    "a refresh token": lambda app, _: f"Bearer {token(app, sub=TARGET, type='refresh')}",
    "no subject": lambda app, _: f"Bearer {token(app)}",
    "a subject that is no uuid": lambda app, _: f"Bearer {token(app, sub='guntur')}",
    "a subject that is no text": lambda app, _: f"Bearer {token(app, sub=1)}",
    "an operator for a subject": lambda app, _: f"Bearer {token(app, sub={'$ne': None})}",
}
"""Headers that open nothing, made from the app and a good token."""


class TestTokens:
    @pytest.mark.parametrize(("method", "path"), PRIVATE)
    def test_an_unusable_token_is_401_and_says_no_more(self, app, guntur, subtests, method, path):
        for name, authorization in AUTHORIZATIONS.items():
            with subtests.test(name):
                self.assert_closed(guntur, method, path, authorization(app, guntur.token))

    @pytest.mark.parametrize(("method", "path"), PRIVATE)
    def test_no_token_is_401(self, api, method, path):
        self.assert_closed(api, method, path)

    def assert_closed(self, api, method, path, authorization=None):
        body = json.dumps(BODIES[path]).encode() if method != "GET" else None
        headers = {"Authorization": authorization} if authorization is not None else {}

        reply = api.request(method, path, body=body, headers=headers)

        assert_refused(reply, 401, "unauthenticated")
        assert reply.json["message"] == "Unauthenticated"
        assert reply.headers["WWW-Authenticate"] == "Bearer"

    @pytest.mark.parametrize(("method", "path"), PRIVATE[:-1])
    def test_a_token_of_somebody_who_does_not_exist_is_401(self, app, api, method, path):
        self.assert_closed(api, method, path, f"Bearer {token(app, sub=random_id())}")

    def test_a_token_that_was_good_before_is_refused_once_it_has_expired(self, app, api, guntur):
        """A pod may remember that a signature was right, never that the time was."""
        brief = api.with_token(token(app, sub=guntur.id, exp=_in(seconds=2)))
        deadline = time.monotonic() + 5

        assert brief.profile().status == 200
        while brief.profile().status == 200:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert_refused(brief.profile(), 401, "unauthenticated")

    def test_who_asks_matters_before_what_is_asked(self, api):
        """Nobody learns from an error of form what a route takes."""
        assert_refused(api.top_up("x"), 401, "unauthenticated")


class TestRoutes:
    @pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
    def test_an_unknown_route_is_404(self, guntur, subtests, method):
        for path in (
            *("/", "/nope", "/profile/", "//profile", "/Topup", "/topup/1", "/metrics", "/static/x"),
            *("/transfers", "/transfers/", "/transfers/x", f"/transfers/{TARGET}x", "/%00", "/%ff", "/..%2f"),
        ):
            with subtests.test(path):
                assert_refused(guntur.request(method, path), 404, "not_found")

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            *(("GET", path) for path in BODIES if path != "/profile"),
            *(("DELETE", path) for path in BODIES),
            *(("PATCH", path) for path in BODIES),
            *(("PUT", path) for path in BODIES if path not in CHANGES),
            *(
                ("POST", path)
                for path in ("/profile", "/pin", "/transactions", f"/transfers/{TARGET}", "/livez")
            ),
            ("BREW", "/topup"),
            ("TRACE", "/profile"),
        ],
    )
    def test_a_wrong_method_is_405_and_the_right_ones_are_told(self, guntur, method, path):
        reply = guntur.request(method, path)

        assert_refused(reply, 405, "method_not_allowed")
        assert reply.headers["Allow"]

    @pytest.mark.parametrize("field", QUERIES)
    def test_a_query_that_means_nothing_is_400(self, guntur, subtests, field):
        for value in QUERIES[field]:
            with subtests.test(value=value[:30]):
                assert_invalid(guntur.get(f"/transactions?{field}={value}"), field)

    def test_a_bad_cursor_is_400_with_a_good_limit_too(self, guntur, subtests):
        for cursor in QUERIES["cursor"]:
            with subtests.test(cursor=cursor[:30]):
                assert_invalid(guntur.get(f"/transactions?limit=5&cursor={cursor}"), "cursor")


def _in(**time):
    return datetime.now(UTC) + timedelta(**time)


def _mixed(*tokens):
    """A token with the header, the payload and the signature of three."""
    return ".".join(part.split(".")[index] for index, part in enumerate(tokens))
