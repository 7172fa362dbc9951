"""Whatever comes, every parser gives what it promises or its documented error, and nothing else."""

import json
import string
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from service import cursor, request_ids
from service.errors import MalformedJson
from service.replies import Replies
from service.schemas import Amount, Limit, UserId
from service.strict_json import parse
from service.top_up_gate import key_of, sign
from wallet.errors import InvalidInput
from wallet.models import Kind
from wallet.rules import money, text
from wallet.rules.identity import operation_id
from wallet.rules.phone import normalise
from wallet.rules.pin import check_pin
from wallet.settings import Settings

ANY_TEXT = st.text(alphabet=st.characters(codec=None)) | st.text(alphabet=string.printable)
NEARLY_DIGITS = st.text(alphabet=st.sampled_from([*"0123456789+-eE._ \n\x00", "\u0661", "\uff11", "\u00b2"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
USER = UUID("b7342e8e-e8e7-4a5d-873e-b1b1bfcdeddb")


def outcome(parser, *given):
    """What ``parser`` makes of it; None for its documented error. Anything else it raises fails the test."""
    try:
        return parser(*given)
    except (InvalidInput, MalformedJson, ValidationError):
        return None


class TestNumbersOfPeople:
    @given(ANY_TEXT | NEARLY_DIGITS)
    @example("0811255501\n")
    def test_a_phone_number_becomes_the_one_form_or_nothing(self, written):
        number = outcome(normalise, written)

        if number is not None:
            assert number.isascii()
            assert number.isdigit()
            assert number[:2] == "08"
            assert normalise(number) == number, "once normal, always normal"
            assert written.endswith(number[1:]), "no digit is added or lost"

    @given(st.from_regex(r"8[0-9]{7,11}", fullmatch=True))
    def test_however_it_begins_it_is_the_same_number(self, rest):
        assert {normalise(start + rest) for start in ("0", "62", "+62")} == {"0" + rest}

    @given(ANY_TEXT | NEARLY_DIGITS)
    @example("123456\n")
    def test_a_pin_is_six_ascii_digits_or_nothing(self, written):
        pin = outcome(check_pin, written)

        assert (pin is None) == (len(written) != 6 or not (written.isascii() and written.isdigit()))
        assert pin in {None, written}


class TestMoney:
    @given(JSON)
    @example(True)
    @example(2**53)
    def test_an_amount_is_a_whole_number_up_to_the_cap_or_nothing(self, value):
        fine = type(value) is int and 1 <= value <= money.LARGEST_CAP

        assert outcome(money.check_amount, value) == (value if fine else None)
        assert outcome(TypeAdapter(Amount).validate_python, value) == (value if fine else None)

    @given(NEARLY_DIGITS)
    def test_an_amount_in_json_is_what_it_reads_as_or_nothing(self, literal):
        body = outcome(parse, f'{{"amount":{literal}}}')

        if body is not None and outcome(money.check_amount, body["amount"]) is not None:
            assert literal.strip() == str(body["amount"])


class TestIds:
    @given(ANY_TEXT | st.binary(max_size=300).map(lambda raw: raw.decode("latin-1")))
    def test_a_key_is_printable_and_bounded_or_nothing(self, key):
        fine = 1 <= len(key) <= 255 and all("!" <= one <= "~" for one in key)

        found = outcome(operation_id, USER, Kind.TOP_UP, key)

        assert (found is not None) == fine
        assert found == outcome(operation_id, USER, Kind.TOP_UP, key), "the same for ever"

    @given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=255))
    def test_a_key_of_two_kinds_or_users_never_meets_itself(self, key):
        ids = [operation_id(user, kind, key) for user in (USER, UUID(int=1)) for kind in Kind]

        assert len(set(ids)) == len(ids)

    @given(ANY_TEXT)
    @example("a\r\nSet-Cookie: x")
    def test_a_request_id_cannot_spoil_a_log_line_or_a_header(self, given_id):
        if request_ids._GIVEN.fullmatch(given_id):
            assert len(given_id) <= 64
            assert set(given_id) <= set(string.ascii_letters + string.digits + "._-")

    @given(st.one_of(JSON, ANY_TEXT, st.uuids().map(str), st.uuids().map(lambda one: str(one).upper())))
    @example(f"{{{USER}}}")
    @example(f"urn:uuid:{USER}")
    @example(USER.hex)
    def test_a_user_id_is_a_uuid_in_its_one_spelling_or_nothing(self, value):
        found = outcome(TypeAdapter(UserId).validate_python, value)

        assert found is None or str(found) == value.lower()


class TestPages:
    @given(st.integers(1, 2**63 - 1))
    def test_a_cursor_comes_back_as_it_went(self, seq):
        assert cursor.decode(cursor.encode(seq)) == seq

    @given(ANY_TEXT | st.text(alphabet=string.ascii_letters + string.digits + "-_="))
    def test_a_cursor_that_is_not_ours_is_nothing(self, text):
        seq = outcome(cursor.decode, text)

        assert seq is None or (cursor.encode(seq) == text and 1 <= seq < 2**63)

    @given(st.one_of(JSON, NEARLY_DIGITS))
    def test_a_limit_is_a_whole_number_up_to_a_thousand_or_nothing(self, value):
        found = outcome(TypeAdapter(Limit).validate_python, value)

        if found is not None:
            assert 1 <= found <= 1_000
            assert value.isascii()
            assert int(value) == found


class TestStrictJson:
    @given(st.binary(max_size=200) | ANY_TEXT)
    def test_bytes_are_one_object_or_nothing(self, body):
        found = outcome(parse, body)

        assert found is None or isinstance(found, dict)

    @given(st.dictionaries(st.text(), JSON, max_size=4))
    def test_an_object_comes_back_as_it_went(self, value):
        try:
            sent = json.dumps(value, allow_nan=False)
        except ValueError:
            assert outcome(parse, json.dumps(value)) is None, "NaN and Infinity are no JSON"
            return

        assert parse(sent) == value
        assert parse(json.dumps(value, ensure_ascii=False).encode(errors="surrogatepass")) == value or any(
            "\ud800" <= one <= "\udfff" for one in sent
        )


class TestText:
    @given(ANY_TEXT, st.integers(0, 3), st.integers(3, 20))
    def test_what_people_read_is_normal_visible_and_bounded_or_nothing(self, written, shortest, longest):
        cleaned = outcome(lambda: text.clean("remarks", written, shortest=shortest, longest=longest))

        if cleaned is not None:
            assert shortest <= len(cleaned) <= longest
            assert cleaned == cleaned.strip()
            assert "\n" not in cleaned
            assert "\r" not in cleaned
            assert "\x00" not in cleaned
            cleaned.encode()
            again = text.clean("remarks", cleaned, shortest=shortest, longest=longest)
            assert again == cleaned, "once clean, always clean"


class TestDates:
    @given(
        st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
        st.sampled_from(sorted(available_timezones())),
    )
    def test_a_date_is_shown_to_the_second_in_the_zone_of_its_readers(self, time, zone):
        shown = Replies(ZoneInfo(zone)).date(time)

        assert datetime.strptime(shown, "%Y-%m-%d %H:%M:%S") == time.astimezone(ZoneInfo(zone)).replace(  # noqa: DTZ007
            tzinfo=None, microsecond=0
        )


class TestSettings:
    @given(
        st.dictionaries(
            st.sampled_from([*Settings.model_fields]),
            JSON | NEARLY_DIGITS | st.sampled_from(["Asia/Jakarta", "../../etc/passwd", "\x00", "info"]),
        )
    )
    def test_a_setting_is_one_or_start_up_refuses_it(self, told):
        settings = outcome(lambda: Settings(**{"mongodb_uri": "mongodb://somewhere", **told}))

        if settings is not None:
            assert 0 <= settings.metrics_port <= 65_535
            assert 1 <= settings.balance_cap <= money.LARGEST_CAP
            ZoneInfo(settings.timezone)


class TestSignatures:
    @given(ANY_TEXT)
    def test_a_secret_is_base64_or_refused_without_being_told(self, secret):
        try:
            key_of(secret)
        except ValueError as error:
            complaint = str(error)
        else:
            complaint = "is not base64"
        assert complaint == "is not base64"

    @given(st.binary(max_size=50), st.binary(max_size=50))
    def test_no_two_messages_share_a_signature(self, one, other):
        same = sign("c2VjcmV0", "id", "1", one) == sign("c2VjcmV0", "id", "1", other)

        assert same == (one == other)
