"""Logins from the first pair of tokens to the end: a refresh token is good once, what ended stays ended."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import jwt
import pytest
from api import PIN, Api, in_process
from factories import make_user, make_wallet
from processes import wait_for
from structlog.testing import capture_logs

from wallet import clock
from wallet.errors import RefreshReplayed, Unauthenticated, WrongCredentials, WrongPin
from wallet.pins import Peppers, PinHasher
from wallet.store import documents
from wallet.store.accounts import AccountStore
from wallet.store.guards import LoginGuards
from wallet.store.sessions import SessionStore
from wallet.store.transactions import Transactions
from wallet.use_cases.pins import Pins, any_pin
from wallet.use_cases.revocations import FRESH_S
from wallet.use_cases.sessions import Sessions, Terms

NEW_PIN = "864209"
LIFETIME = timedelta(days=30)
GRACE = timedelta(seconds=30)
HASHER = PinHasher(Peppers("p" * 32))


@pytest.fixture
def number(api):
    return api.register().result["phone_number"]


@pytest.fixture
def tokens(api, number):
    return api.login(number).result


@pytest.fixture
def two_pods(app, build, database):  # noqa: ARG001 - they work on it
    return [Api(in_process(app)), Api(in_process(build()))]


@pytest.fixture
def store(database):
    return SessionStore(database, Transactions(database.client), remembered=timedelta(minutes=20))


@pytest.fixture
def sessions(database, store):
    """The use case with a clock of the test's, to be called with terms."""

    def sessions(now=clock.now, **terms):
        agreed = {"lifetime": LIFETIME, "grace": GRACE, "most": 10} | terms
        accounts = AccountStore(database, Transactions(database.client))
        pins = Pins(accounts, LoginGuards(database), HASHER, choice=any_pin)
        return Sessions(store, accounts, pins, now, terms=Terms(**agreed))

    return sessions


@pytest.fixture
def user(database):
    """Somebody with a PIN, hashed as the fixture above does."""
    user = make_user(pin_hash=HASHER.hash(PIN))
    database["users"].insert_one(documents.user_document(user))
    database["wallets"].insert_one(documents.wallet_document(make_wallet(id=user.id, balance=0, seq=0)))
    return user


def is_in(api, tokens):
    return api.with_token(tokens["access_token"]).profile().status == 200


def turned_away(api, tokens):
    """A pod has a second to hear of it."""
    deadline = time.monotonic() + FRESH_S
    while is_in(api, tokens):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return True


def assert_unauthenticated(reply):
    assert reply.status == 401
    assert reply.json["message"] == "Unauthenticated"
    assert reply.json["code"] == "unauthenticated"
    assert set(reply.json) == {"message", "code", "request_id"}


class TestRefresh:
    def test_it_answers_as_login_does(self, api, tokens):
        reply = api.refresh(tokens["refresh_token"])

        assert reply.status == 200
        assert reply.json.keys() == {"status", "result"}
        assert reply.json["status"] == "SUCCESS"
        assert reply.result.keys() == {"access_token", "refresh_token"}
        assert reply.result["refresh_token"] != tokens["refresh_token"]
        assert is_in(api, reply.result)
        assert is_in(api, tokens), "the access token of before is good until it expires"

    def test_a_chain_of_them_goes_on(self, api, tokens):
        for _ in range(5):
            tokens = api.refresh(tokens["refresh_token"]).result
        assert is_in(api, tokens)

    def test_the_end_of_a_session_stays_where_the_login_put_it(self, api, tokens):
        """Whoever stole a token cannot keep it alive for ever."""
        ends = [
            jwt.decode(one["refresh_token"], options={"verify_signature": False})["exp"]
            for one in (tokens, api.refresh(tokens["refresh_token"]).result)
        ]
        assert ends[0] == pytest.approx(ends[1], abs=1)

    def test_neither_a_token_nor_its_secret_is_in_the_database(self, api, tokens, database):
        successor = api.refresh(tokens["refresh_token"]).result
        kept = str(list(database["sessions"].find()))

        for one in (tokens, successor):
            for token in one.values():
                assert token not in kept
                assert jwt.decode(token, options={"verify_signature": False})["jti"] not in kept

    def test_a_lost_answer_is_given_again(self, two_pods, tokens):
        """The same successor, by whichever pod, however often within the grace."""
        first, again, elsewhere = (
            pod.refresh(tokens["refresh_token"]) for pod in (two_pods[0], two_pods[0], two_pods[1])
        )
        assert [reply.status for reply in (first, again, elsewhere)] == [200] * 3
        assert len({secret_of(reply.result) for reply in (first, again, elsewhere)}) == 1
        assert two_pods[1].refresh(again.result["refresh_token"]).status == 200

    def test_twenty_at_once_get_one_successor(self, two_pods, tokens, database):
        with ThreadPoolExecutor(20) as pool:
            replies = list(pool.map(lambda n: two_pods[n % 2].refresh(tokens["refresh_token"]), range(20)))

        assert {reply.status for reply in replies} == {200}
        assert len({secret_of(reply.result) for reply in replies}) == 1
        assert database["sessions"].find_one()["repeats"] == 19

    def test_a_replay_after_the_grace_ends_the_family_with_its_newest(self, build, database):  # noqa: ARG002
        api = Api(in_process(build(refresh_grace_seconds=0)))
        number = api.register().result["phone_number"]
        stolen, other = api.login(number).result, api.login(number).result
        newest = api.refresh(stolen["refresh_token"]).result
        time.sleep(0.01)  # a grace of nothing is over a millisecond later

        with capture_logs() as events:
            assert_unauthenticated(api.refresh(stolen["refresh_token"]))

        assert_unauthenticated(api.refresh(newest["refresh_token"]))
        assert turned_away(api, newest)
        assert is_in(api, other), "another login of the same user is another family"
        (event,) = [event for event in events if event["event"] == "refresh_replayed"]
        assert event["log_level"] == "warning"
        assert event["user_id"]

    def test_one_from_two_rotations_ago_is_a_replay_within_the_grace_too(self, api, tokens):
        second = api.refresh(tokens["refresh_token"]).result
        third = api.refresh(second["refresh_token"]).result

        assert_unauthenticated(api.refresh(tokens["refresh_token"]))
        assert_unauthenticated(api.refresh(third["refresh_token"]))

    def test_the_grace_is_measured_by_the_server_alone(self, sessions, user):
        """A pod whose clock is an hour off neither shortens nor stretches it."""
        grant = sessions().open(user)
        successor = sessions().refresh(grant.session, grant.secret)
        wrong = sessions(lambda: clock.now() + timedelta(hours=1))

        repeated = wrong.refresh(grant.session, grant.secret)

        assert (repeated.secret, repeated.repeated) == (successor.secret, True)

    def test_a_replay_is_told_once(self, sessions, user):
        strict = sessions(grace=timedelta())
        grant = strict.open(user)
        strict.refresh(grant.session, grant.secret)
        time.sleep(0.01)

        with pytest.raises(RefreshReplayed):
            strict.refresh(grant.session, grant.secret)
        with pytest.raises(Unauthenticated) as second:
            strict.refresh(grant.session, grant.secret)
        assert not isinstance(second.value, RefreshReplayed)

    def test_an_expired_session_is_no_session(self, sessions, user):
        grant = sessions().open(user)
        later = sessions(lambda: clock.now() + LIFETIME)

        with pytest.raises(Unauthenticated):
            later.refresh(grant.session, grant.secret)

    def test_no_access_token_outlives_its_session(self, build, database):
        api = Api(in_process(build(refresh_token_days=30)))
        tokens = api.login(api.register().result["phone_number"]).result
        soon = clock.now() + timedelta(seconds=90)
        database["sessions"].update_one({}, {"$set": {"expires_at": soon}})

        result = api.refresh(tokens["refresh_token"]).result

        for token in result.values():
            expires = jwt.decode(token, options={"verify_signature": False})["exp"]
            assert expires <= soon.timestamp() + 1


class TestEnd:
    @pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
    def test_logging_out_ends_the_session_on_every_pod(self, two_pods, number, kind):
        here, there = two_pods
        tokens, other = here.login(number).result, here.login(number).result
        assert is_in(there, tokens)

        reply = here.with_token(tokens[kind]).log_out()

        assert (reply.status, reply.json) == (200, {"status": "SUCCESS"})
        assert turned_away(there, tokens)
        assert turned_away(here, tokens)
        assert_unauthenticated(there.refresh(tokens["refresh_token"]))
        assert_unauthenticated(here.with_token(tokens[kind]).log_out())
        assert is_in(there, other)

    def test_logging_out_takes_no_body_and_no_content_type(self, api, tokens):
        assert api.request("POST", "/logout", body=b"", headers=bearer(tokens)).status == 200

    @pytest.mark.parametrize("path", ["/logout", "/refresh"])
    def test_nobody_in_particular_is_401(self, api, path):
        assert_unauthenticated(api.post(path))

    def test_one_more_login_than_allowed_ends_the_oldest(self, build, database):
        api = Api(in_process(build(sessions_per_user=2)))
        number = api.register().result["phone_number"]

        first, second, third = (api.login(number).result for _ in range(3))

        assert turned_away(api, first)
        assert_unauthenticated(api.refresh(first["refresh_token"]))
        assert is_in(api, second)
        assert is_in(api, third)
        assert database["sessions"].count_documents({"ended_at": None}) == 2

    def test_logins_at_once_are_no_more_than_allowed(self, sessions, user, database):
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: sessions(most=3).open(user), range(16)))

        assert database["sessions"].count_documents({"ended_at": None}) == 3

    def test_an_ended_session_is_forgotten_when_no_token_of_it_can_be_good(self, sessions, user, database):
        grant = sessions().open(user)

        sessions().log_out(user.id, grant.session)

        row = database["sessions"].find_one({"_id": grant.session})
        assert row["expires_at"] - row["ended_at"] == timedelta(minutes=20)
        index = database["sessions"].index_information()["forget"]
        assert (index["key"], index["expireAfterSeconds"]) == ([("expires_at", 1)], 0)


class TestPin:
    def test_a_new_pin_ends_every_session_and_opens_new_ones(self, two_pods, number):
        here, there = two_pods
        mine, other = here.login(number).result, there.login(number).result

        reply = here.with_token(mine["access_token"]).change_pin(NEW_PIN)

        assert (reply.status, reply.json) == (200, {"status": "SUCCESS"})
        for pod in two_pods:
            for tokens in (mine, other):
                assert turned_away(pod, tokens)
                assert_unauthenticated(pod.refresh(tokens["refresh_token"]))
        assert there.login(number).status == 401
        assert is_in(there, here.login(number, NEW_PIN).result)

    def test_a_wrong_old_pin_changes_nothing(self, api, number, tokens):
        guntur = api.with_token(tokens["access_token"])

        reply = guntur.change_pin(NEW_PIN, pin="111222")

        assert (reply.status, reply.json["code"]) == (403, "wrong_pin")
        assert is_in(api, tokens)
        assert api.login(number).status == 200

    def test_the_same_pin_is_no_new_one(self, api, tokens):
        reply = api.with_token(tokens["access_token"]).change_pin(PIN)

        assert (reply.status, set(reply.json["errors"])) == (400, {"new_pin"})

    def test_of_two_changes_at_once_one_wins(self, sessions, user, database):
        """Both prove the old PIN; the second to commit finds another one. The guard would stop a third."""
        refusals = []

        def change(new):
            try:
                sessions().change_pin(user.id, PIN, new)
            except WrongPin as refusal:
                refusals.append(refusal)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(change, ("864201", "864202")))

        assert len(refusals) == 1
        assert database["users"].find_one({"_id": user.id})["pin_hash"] != user.pin_hash

    def test_no_login_with_the_old_pin_slips_past_the_change(self, sessions, user, database):
        """It was proven before the change, and is to be opened after it."""
        sessions().change_pin(user.id, PIN, NEW_PIN)

        with pytest.raises(WrongCredentials):
            sessions().open(user)
        assert database["sessions"].count_documents({}) == 0

    def test_nor_one_that_is_about_to_commit_meanwhile(self, sessions, user, database, client):
        """Its transaction has seen the old PIN, and hangs before its commit while the PIN is changed."""
        slow = {"failCommands": ["commitTransaction"], "blockConnection": True, "blockTimeMS": 700}
        client.admin.command("configureFailPoint", "failCommand", mode={"times": 1}, data=slow)
        with ThreadPoolExecutor(1) as pool:
            login = pool.submit(sessions().open, user)
            wait_for(lambda: failpoint_was_hit(client))
            sessions().change_pin(user.id, PIN, NEW_PIN)
            with suppress(WrongCredentials):
                login.result()

        assert database["sessions"].count_documents({"ended_at": None}) == 0

    def test_nor_one_of_a_crowd(self, sessions, user, database):
        """Whatever the order, no session that the old PIN opened is alive in the end."""

        def open_one(_):
            with suppress(WrongCredentials):
                sessions(most=100).open(user)

        with ThreadPoolExecutor(12) as pool:
            opened = [pool.submit(open_one, n) for n in range(24)]
            sessions().change_pin(user.id, PIN, NEW_PIN)
            for one in opened:
                one.result()

        assert database["sessions"].count_documents({"ended_at": None}) == 0


def failpoint_was_hit(client):
    """Somebody waits in it."""
    blocked = {"active": True, "command.commitTransaction": {"$exists": True}}
    return list(client.admin.aggregate([{"$currentOp": {}}, {"$match": blocked}]))


def secret_of(tokens):
    return jwt.decode(tokens["refresh_token"], options={"verify_signature": False})["jti"]


def bearer(tokens):
    return {"Authorization": f"Bearer {tokens['access_token']}"}
