"""Nobody guesses PINs: tries are counted before a PIN is looked at, for numbers of anybody and of nobody."""

import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from statistics import median

import pytest
from api import PIN, Api, in_process
from canaries import phone_number
from click.testing import CliRunner
from factories import make_user
from pydantic import SecretStr
from structlog.testing import capture_logs

from wallet.cli import main
from wallet.errors import TooManyAttempts, Unavailable
from wallet.group_commit import Overloaded
from wallet.pins import Peppers, PinHasher, Verdict
from wallet.rules.login_guard import FORGOTTEN_AFTER_S, LOCKS_AT, WAITS_S, wait_after
from wallet.store import documents
from wallet.store.guards import LoginGuards, key_of

WRONG = "482913"
AT_ONCE = 200


@pytest.fixture
def guards(database):
    return LoginGuards(database)


@pytest.fixture
def pass_time(database):
    """A function that lets seconds pass for a number, as far as its guard can tell."""

    def pass_time(number, seconds):
        row = database["guards"].find_one({"_id": key_of(number)})
        earlier = {name: row[name] - timedelta(seconds=seconds) for name in ("opens_at", "forgotten_at")}
        database["guards"].update_one({"_id": row["_id"]}, {"$set": earlier})

    return pass_time


@pytest.fixture(params=["somebody's", "nobody's"])
def number(request, api):
    """A phone number, registered or not."""
    if request.param == "nobody's":
        return phone_number()
    return api.register().result["phone_number"]


@pytest.fixture
def guess(api, pass_time):
    """A function that tries so many wrong PINs as fast as they are let through."""

    def guess(number, times):
        for left in reversed(range(times)):
            assert api.login(number, WRONG).status == 401
            if left:
                pass_time(number, WAITS_S[LOCKS_AT - 2])

    return guess


class TestRows:
    def test_tries_wait_as_the_rule_says(self, guards, pass_time):
        number = phone_number()
        for tries in range(1, len(WAITS_S) + 4):
            assert guards.count(number).tries == tries
            wait_s = wait_after(tries)
            if wait_s:
                with pytest.raises(TooManyAttempts) as refusal:
                    guards.count(number)
                assert wait_s - 5 <= refusal.value.retry_after_s <= wait_s
            pass_time(number, wait_s)

    def test_a_refused_try_is_not_written(self, guards, database):
        """Else a flood of them would keep the store busy, and the lock would never end."""
        number = phone_number()
        for _ in range(3):
            guards.count(number)
        before = list(database["guards"].find())

        with pytest.raises(TooManyAttempts):
            guards.count(number)

        assert list(database["guards"].find()) == before

    def test_after_a_day_without_a_try_they_are_forgotten(self, guards, pass_time):
        number = phone_number()
        guards.count(number)
        guards.count(number)
        pass_time(number, FORGOTTEN_AFTER_S - 5)
        assert guards.count(number).tries == 3

        pass_time(number, wait_after(3) + FORGOTTEN_AFTER_S)

        assert guards.count(number).tries == 1

    def test_the_server_deletes_what_is_forgotten(self, database):
        for name, field in (("guards", "forgotten_at"), ("buckets", "full_at")):
            (index,) = [one for one in database[name].list_indexes() if one["name"] == "forget"]
            assert (dict(index["key"]), index["expireAfterSeconds"]) == ({field: 1}, 0)

    def test_of_many_tries_at_once_no_more_are_counted_than_may_be_made(self, guards):
        number = phone_number()

        def count(_):
            try:
                return guards.count(number).tries
            except TooManyAttempts:
                return None

        with ThreadPoolExecutor(50) as pool:
            counted = [tries for tries in pool.map(count, range(AT_ONCE)) if tries]

        assert sorted(counted) == [1, 2, 3]

    def test_a_try_that_nobody_could_look_at_is_given_back_unless_another_came_since(self, guards):
        number = phone_number()
        first = guards.count(number)
        guards.give_back(first)
        assert guards.count(number).tries == 1

        second = guards.count(number)
        third = guards.count(number)
        guards.give_back(second)
        with pytest.raises(TooManyAttempts):
            guards.count(number)
        guards.give_back(third)
        assert guards.count(number).tries == 3

    def test_numbers_are_told_apart_and_are_not_written_down(self, guards, database):
        one, other = phone_number(), phone_number()

        assert [guards.count(number).tries for number in (one, other, one)] == [1, 1, 2]
        assert one not in repr(list(database["guards"].find()))


class TestLogin:
    def test_the_sixth_try_is_refused_even_with_the_right_pin(self, api, number, guess):
        guess(number, LOCKS_AT)

        reply = api.login(number)

        assert (reply.status, reply.json["code"]) == (429, "too_many_attempts")
        assert 890 < int(reply.headers["Retry-After"]) <= 900

    def test_in_every_pod_and_after_every_restart(self, build, number, guess):
        guess(number, LOCKS_AT)

        assert Api(in_process(build())).login(number).status == 429

    def test_numbers_of_nobody_are_refused_like_others_to_the_byte(self, api, guess):
        """401 and 429: neither tells who is registered."""

        def replies(number):
            wrong = bare(api.login(number, WRONG))
            guess(number, LOCKS_AT - 1)
            return wrong, bare(api.login(number, WRONG))

        somebody, nobody = replies(api.register().result["phone_number"]), replies(phone_number())

        assert somebody == nobody
        assert [status for status, *_ in nobody] == [401, 429]

    def test_a_right_pin_begins_anew(self, api, guess):
        number = api.register().result["phone_number"]
        guess(number, 2)
        assert api.login(number).status == 200

        guess(number, 2)

        assert api.login(number).status == 200

    def test_the_right_one_lets_the_owner_in_when_the_lock_has_ended(self, api, guess, pass_time):
        number = api.register().result["phone_number"]
        guess(number, LOCKS_AT)

        pass_time(number, wait_after(LOCKS_AT))

        assert api.login(number).status == 200
        assert api.login(number).status == 200

    def test_another_spelling_is_the_same_number(self, api, guess):
        number = api.register().result["phone_number"]
        guess(number, LOCKS_AT)

        assert api.login("+62" + number[1:]).status == 429

    def test_what_cannot_be_a_pin_is_no_try(self, api, database):
        number = api.register().result["phone_number"]
        for _ in range(10):
            assert api.login(number, "12345").status == 400

        assert database["guards"].count_documents({}) == 0

    @pytest.mark.parametrize("fault", [Overloaded, Unavailable])
    def test_a_pod_that_is_too_busy_to_look_locks_nobody_out(self, api, monkeypatch, fault):
        number = api.register().result["phone_number"]

        def check(*_):
            raise fault

        with monkeypatch.context() as patch:
            patch.setattr(PinHasher, "check", check)
            for _ in range(10):
                assert api.login(number).status == 503

        assert api.login(number).status == 200

    def test_a_pod_that_dies_while_it_looks_has_used_the_try_up(self, api, monkeypatch, database):
        """Counted before it is verified: a crash gives nobody another try."""
        number = api.register().result["phone_number"]
        seen = []

        def check(*_):
            seen.append(database["guards"].find_one()["tries"])
            raise SystemExit

        with monkeypatch.context() as patch:
            patch.setattr(PinHasher, "check", check)
            for _ in range(2):
                with pytest.raises(SystemExit):
                    api.login(number)

        assert seen == [1, 2]

    def test_of_two_hundred_at_once_five_are_looked_at_at_most(self, api, number, monkeypatch):
        looked = Counter()
        check = PinHasher.check

        def counted(self, pin, pin_hash):
            looked[pin] += 1
            return check(self, pin, pin_hash)

        monkeypatch.setattr(PinHasher, "check", counted)
        with ThreadPoolExecutor(50) as pool:
            replies = list(pool.map(lambda _: api.login(number, WRONG).status, range(AT_ONCE)))

        assert set(replies) == {401, 429}
        assert looked[WRONG] == replies.count(401) <= LOCKS_AT


def bare(reply):
    """A reply without what differs from one request to the next, or with the second that it was sent in."""
    body = re.sub(rb'"request_id":"[0-9a-f-]{36}"', b'"request_id":""', reply.body)
    changing = {"X-Request-ID", "Retry-After"}
    headers = {name: value for name, value in reply.headers.items() if name not in changing}
    return reply.status, headers, body


@pytest.mark.alone
class TestTime:
    PAIRS = 60

    @pytest.fixture
    def strangers(self, database, settings):
        """Numbers in pairs, of somebody and of nobody; hashing a PIN for each would take long."""
        pin_hash = PinHasher(settings.peppers()).hash(PIN)
        users = [make_user(phone_number=phone_number(), pin_hash=pin_hash) for _ in range(self.PAIRS)]
        database["users"].insert_many(map(documents.user_document, users))
        return [(user.phone_number, phone_number()) for user in users]

    @pytest.mark.forged
    def test_a_number_of_nobody_takes_as_long_as_one_of_somebody(self, build, strangers):
        """In turn, so that a busy moment hits both; without the hash of nobody it is a tenth."""
        api = Api(in_process(build()))
        times = [[seconds(api, number) for number in pair] for pair in strangers]

        somebody, nobody = (median(column) for column in zip(*times, strict=True))

        assert nobody == pytest.approx(somebody, rel=0.2)


def seconds(api, number):
    started = time.perf_counter()
    assert api.login(number, WRONG).status == 401
    return time.perf_counter() - started


class TestHashes:
    def test_a_login_makes_a_hash_of_an_older_pepper_anew(self, build, settings, database):
        number = Api(in_process(build())).register().result["phone_number"]
        old = database["users"].find_one()["pin_hash"]
        ring = [secret.get_secret_value() for secret in (settings.jwt_secret, settings.pin_pepper)]
        changed = build(pin_pepper=SecretStr(" ".join(ring)))

        assert Api(in_process(changed)).login(number, WRONG).status == 401
        assert database["users"].find_one()["pin_hash"] == old
        assert Api(in_process(changed)).login(number).status == 200

        new = database["users"].find_one()["pin_hash"]
        alone = PinHasher(Peppers(settings.jwt_secret.get_secret_value()))
        assert alone.check(PIN, new) is Verdict.RIGHT

    def test_a_copied_database_under_another_pepper_lets_nobody_in(self, api, build, settings):
        number = api.register().result["phone_number"]

        assert Api(in_process(build(pin_pepper=settings.jwt_secret))).login(number).status == 401


class TestChoice:
    """Pods refuse PINs that everybody tries first; `dompet up` has the examples of the original request."""

    @pytest.fixture
    def strict(self, build, database):  # noqa: ARG002 - the API works on it
        return Api(in_process(build(pin_blocklist=True)))

    @pytest.mark.parametrize("pin", ["123456", "111111", "170845"])
    def test_registering_with_a_pin_that_is_guessed_first_is_refused(self, strict, pin, database):
        reply = strict.register(pin=pin)

        assert (reply.status, set(reply.json["errors"])) == (400, {"pin"})
        assert database["users"].count_documents({}) == 0

    def test_so_is_the_tail_of_the_own_number_in_whatever_spelling(self, strict):
        number = phone_number()

        assert strict.register(phone_number="+62" + number[1:], pin=number[-6:]).status == 400

    def test_others_are_fine(self, strict):
        assert strict.register(pin=PIN).status == 201

    def test_who_has_such_a_pin_from_before_can_still_log_in(self, api, strict):
        number = api.register(pin="123456").result["phone_number"]

        assert strict.login(number, "123456").status == 200


class TestTrail:
    def events(self, events):
        return [event["event"] for event in events if event.get("trail")]

    def test_failures_locks_and_refusals_each_leave_one_event(self, api, number, guess, pass_time):
        guess(number, LOCKS_AT - 1)
        pass_time(number, wait_after(LOCKS_AT - 1))
        with capture_logs() as events:
            api.login(number, WRONG)
            api.login(number, WRONG)

        assert self.events(events) == ["login_failed", "login_locked", "login_refused"]

    def test_a_login_leaves_the_id_of_who_it_is(self, api):
        result = api.register().result
        with capture_logs() as events:
            api.login(result["phone_number"])

        (event,) = [event for event in events if event.get("trail")]
        assert (event["event"], event["user_id"]) == ("logged_in", result["user_id"])


class TestUnlock:
    @pytest.fixture
    def dompet(self, mongod, monkeypatch):
        monkeypatch.setenv("MONGODB_URI", mongod.uri)
        monkeypatch.setenv("MONGODB_DATABASE", "dompet_test")
        monkeypatch.setenv("LOGNAME", "siti")
        return lambda *arguments: CliRunner().invoke(main, ["user", "unlock", *arguments])

    @pytest.mark.parametrize("prefix", ["0", "+62"])
    def test_an_operator_lets_an_owner_in_again(self, api, guess, dompet, prefix):
        number = api.register().result["phone_number"]
        guess(number, LOCKS_AT)

        done = dompet(prefix + number[1:])

        assert (done.exit_code, "unlocked" in done.stdout) == (0, True)
        assert '"event":"login_unlocked"' in done.stderr
        assert '"by":"siti"' in done.stderr
        assert number not in done.output
        assert api.login(number).status == 200

    def test_who_is_not_locked_is_told(self, database, dompet):  # noqa: ARG002 - it works on it
        done = dompet(phone_number())

        assert (done.exit_code, "was not locked" in done.stdout) == (0, True)

    def test_what_is_no_phone_number_is_a_wrong_command_line(self, dompet):
        assert dompet("12345").exit_code == 2
