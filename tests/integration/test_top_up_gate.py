"""A top-up makes money, so somebody must vouch for it: each gate over HTTP, and what forgers try."""

import base64
import json
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from api import Api, User, in_process, random_id
from factories import set_status
from pydantic import SecretStr

from service.top_up_gate import Gate, sign
from wallet.models import WalletStatus

SECRET = base64.b64encode(bytes(range(32))).decode()
WINDOW_S = 300


@pytest.fixture
def gated(build):
    """A function that builds a pod with a gate."""
    return lambda gate: Api(
        in_process(build(top_up_gate=gate, top_up_secret=SecretStr(SECRET), top_up_window_seconds=WINDOW_S))
    )


@pytest.fixture
def guntur(api):
    return api.sign_up()


def at(pod, user):
    return User(pod._send, user.id, user.token)


def deliver(pod, wish, *, message_id="msg_1", secret=SECRET, age_s=0, **headers):
    """Send what a payment provider sends; ``headers`` replace what was signed."""
    body = wish if isinstance(wish, bytes) else json.dumps(wish).encode()
    timestamp = str(int(time.time()) - age_s)
    signed = {
        "Webhook-Id": message_id,
        "Webhook-Timestamp": timestamp,
        "Webhook-Signature": sign(secret, message_id, timestamp, body),
    }
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return pod.post("/topup/webhook", body=body, headers=signed | headers)


def refused(reply, code, status=403):
    return (reply.status, reply.json["code"]) == (status, code)


class TestOpen:
    def test_users_top_up(self, gated, guntur):
        assert at(gated(Gate.OPEN), guntur).top_up(1_000).status == 201

    def test_there_is_no_webhook(self, gated, guntur):
        reply = deliver(gated(Gate.OPEN), {"user_id": guntur.id, "amount": 1_000})
        assert refused(reply, "not_found", 404)
        assert guntur.balance == 0


class TestSecret:
    @pytest.fixture
    def user(self, gated, guntur):
        return at(gated(Gate.SECRET), guntur)

    def test_the_channel_tops_up(self, user):
        reply = user.post("/topup", {"amount": 1_000}, headers={"X-Top-Up-Secret": SECRET})
        assert reply.status == 201
        assert user.balance == 1_000

    @pytest.mark.parametrize(
        "secret", [None, "", SECRET[:-1], SECRET + "=", SECRET.lower(), "Bearer " + SECRET]
    )
    def test_nobody_else_does(self, user, secret, snapshot):
        before = snapshot()
        headers = {} if secret is None else {"X-Top-Up-Secret": secret}
        assert refused(user.post("/topup", {"amount": 1_000}, headers=headers), "top_up_secret_wrong")
        assert snapshot() == before

    def test_it_replaces_no_token(self, user):
        reply = user.with_token(None).post("/topup", {"amount": 1}, headers={"X-Top-Up-Secret": SECRET})
        assert refused(reply, "unauthenticated", 401)

    def test_a_refusal_burns_no_key(self, user):
        user.top_up(1_000, key="k")
        headers = {"X-Top-Up-Secret": SECRET, "Idempotency-Key": "k"}
        reply = user.post("/topup", {"amount": 1_000}, headers=headers)
        assert (reply.status, "Idempotency-Replayed" in reply.headers) == (201, False)


class TestWebhook:
    @pytest.fixture
    def pod(self, gated):
        return gated(Gate.WEBHOOK)

    @pytest.fixture
    def wish(self, guntur):
        return {"user_id": guntur.id, "amount": 1_000}

    def test_what_the_provider_says_is_in_the_wallet(self, pod, guntur, wish):
        reply = deliver(pod, wish)
        assert reply.status == 201
        assert reply.result["amount_top_up"] == reply.result["balance_after"] == guntur.balance == 1_000

    def test_users_cannot(self, pod, guntur):
        user = at(pod, guntur)
        for headers in ({}, {"X-Top-Up-Secret": SECRET}):
            assert refused(user.post("/topup", {"amount": 1_000}, headers=headers), "top_up_closed")
        assert guntur.balance == 0

    def test_a_message_that_comes_again_is_answered_again(self, pod, guntur, wish):
        """Providers repeat until they are answered; captured messages are no use to anybody."""
        first, again = (deliver(pod, wish) for _ in range(2))
        assert (again.status, again.body) == (201, first.body)
        assert again.headers["Idempotency-Replayed"] == "true"
        assert guntur.balance == 1_000

    def test_20_deliveries_at_once_are_one_top_up(self, gated, guntur, wish):
        pods = [gated(Gate.WEBHOOK) for _ in range(2)]
        with ThreadPoolExecutor(20) as pool:
            replies = list(pool.map(lambda i: deliver(pods[i % 2], wish), range(20)))
        assert {reply.status for reply in replies} == {201}
        assert guntur.balance == 1_000

    def test_two_messages_are_two_top_ups(self, pod, guntur, wish):
        for message_id in ("msg_1", "msg_2"):
            assert deliver(pod, wish, message_id=message_id).status == 201
        assert guntur.balance == 2_000

    def test_a_message_under_an_id_of_another_is_refused_and_named(self, pod, wish):
        deliver(pod, wish)
        reply = deliver(pod, wish | {"amount": 2_000})
        assert refused(reply, "idempotency_key_reused", 422)
        assert list(reply.json["errors"]) == ["amount"]

    def test_nobody_uses_up_a_message_by_a_key_of_their_own(self, pod, api, guntur, wish):
        """The keys of users and the ids of messages never meet."""
        at(api, guntur).top_up(1_000, key="msg_1")
        reply = deliver(pod, wish)
        assert (reply.status, "Idempotency-Replayed" in reply.headers) == (201, False)
        assert guntur.balance == 2_000

    @pytest.mark.parametrize(
        "forgery",
        [
            {"secret": base64.b64encode(bytes(32)).decode()},
            {"Webhook_Signature": ""},
            {"Webhook_Signature": "v1,"},
            {"Webhook_Signature": "v1," + "A" * 43 + "="},
            {"Webhook_Id": "msg_2"},
            {"Webhook_Timestamp": "0"},
            {"Webhook_Timestamp": "1e9"},
            {"Webhook_Timestamp": ""},
        ],
        ids=str,
    )
    def test_what_is_forged_is_refused(self, pod, wish, snapshot, forgery):
        before = snapshot()
        assert refused(deliver(pod, wish, **forgery), "signature_invalid")
        assert snapshot() == before

    def test_a_body_changed_on_its_way_is_refused(self, pod, api, guntur, wish, snapshot):
        """Neither the amount nor whose wallet it is can be changed, not even a space."""
        thief, before = api.sign_up(), snapshot()
        body, timestamp = json.dumps(wish).encode(), str(int(time.time()))
        headers = {
            "Webhook-Id": "msg_1",
            "Webhook-Timestamp": timestamp,
            "Webhook-Signature": sign(SECRET, "msg_1", timestamp, body),
        }
        before = snapshot()
        for changed in (
            body.replace(b"1000", b"9000"),
            body.replace(guntur.id.encode(), thief.id.encode()),
            body + b" ",
        ):
            reply = pod.post("/topup/webhook", body=changed, headers=headers)
            assert refused(reply, "signature_invalid")
        assert snapshot() == before
        assert pod.post("/topup/webhook", body=body, headers=headers).status == 201

    @pytest.mark.parametrize("age_s", [WINDOW_S + 60, -WINDOW_S - 60, 86_400 * 365])
    def test_a_message_of_another_time_has_expired(self, pod, wish, snapshot, age_s):
        before = snapshot()
        assert refused(deliver(pod, wish, age_s=age_s), "signature_expired")
        assert snapshot() == before

    def test_who_sends_matters_before_what_is_sent(self, pod):
        assert refused(deliver(pod, {"spoiled": True}, Webhook_Signature="v1,x"), "signature_invalid")
        assert refused(deliver(pod, {"spoiled": True}), "invalid_input", 400)
        assert refused(deliver(pod, b"{"), "malformed_json", 400)

    def test_a_wallet_that_is_not_there_is_told(self, pod):
        reply = deliver(pod, {"user_id": random_id(), "amount": 1_000})
        assert refused(reply, "receiver_not_found", 404)

    def test_a_frozen_wallet_takes_nothing(self, pod, guntur, wish, database):
        set_status(database, UUID(guntur.id), WalletStatus.FROZEN)
        assert refused(deliver(pod, wish), "wallet_frozen", 409)

    def test_a_token_is_neither_needed_nor_enough(self, pod, guntur, wish):
        user = at(pod, guntur)
        assert refused(user.post("/topup/webhook", wish), "signature_invalid")
        assert deliver(user, wish).status == 201
