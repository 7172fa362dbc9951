"""The gate of top-ups: what it lets in, what it refuses and by which code."""

import base64
import hashlib
import hmac

import pytest

from service.top_up_gate import (
    Gate,
    Message,
    SignatureExpired,
    SignatureInvalid,
    TopUpClosed,
    TopUpGate,
    TopUpSecretWrong,
    key_of,
    sign,
)
from wallet.errors import NotFound

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
NOW = 1_795_638_750
BODY = b'{"user_id": "b7342e8e-e8e7-4a5d-873e-b1b1bfcdeddb", "amount": 500000}'


def gate(which=Gate.WEBHOOK, secret=SECRET):
    return TopUpGate(which, secret, window_s=300, clock=lambda: NOW)


def message(**changes):
    """A good message, with changes after it was signed."""
    timestamp = changes.pop("signed_at", str(NOW))
    signature = sign(changes.pop("secret", SECRET), "msg_1", timestamp, BODY)
    fields = {"id": "msg_1", "timestamp": timestamp, "signatures": signature, "body": BODY}
    return Message(**fields | changes)


def test_a_signature_is_that_of_standard_webhooks():
    """The example of its reference libraries."""
    secret, told = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    wanted = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", told) == wanted


def test_a_signature_covers_id_time_and_body():
    digest = hmac.new(bytes(range(32)), b"msg_1.%d." % NOW + BODY, hashlib.sha256).digest()
    assert message().signatures == "v1," + base64.b64encode(digest).decode()


def test_a_good_message_is_let_in():
    gate().admit_provider(message())


@pytest.mark.parametrize("seconds", [-300, 300])
def test_the_window_is_open_to_its_edges(seconds):
    gate().admit_provider(message(signed_at=str(NOW + seconds)))


@pytest.mark.parametrize("seconds", [-301, 301, -86_400, 10**15])
def test_a_message_of_another_time_has_expired(seconds):
    with pytest.raises(SignatureExpired):
        gate().admit_provider(message(signed_at=str(NOW + seconds)))


@pytest.mark.parametrize(
    "change",
    [
        {"body": BODY.replace(b"5", b"9")},
        {"body": BODY + b" "},
        {"body": b""},
        {"id": "msg_2"},
        {"id": ""},
        {"timestamp": str(NOW + 1)},
        {"signatures": ""},
        {"signatures": "v1,"},
        {"signatures": "v2," + "a" * 44},
        {"signatures": message().signatures.removeprefix("v1,")},
        {"signatures": message().signatures.lower()},
        {"signatures": message().signatures + "="},
        {"signatures": "é"},
        {"secret": "whsec_" + base64.b64encode(bytes(32)).decode()},
    ],
    ids=lambda change: str(change)[:60],
)
def test_what_was_changed_after_it_was_signed_is_refused(change):
    with pytest.raises(SignatureInvalid):
        gate().admit_provider(message(**change))


@pytest.mark.parametrize("timestamp", ["", "now", "-1", "1e9", "nan", "inf", "1.5", "٣", " 1", "0x1"])
def test_a_time_that_is_no_number_is_refused_even_when_it_is_signed(timestamp):
    with pytest.raises(SignatureInvalid):
        gate().admit_provider(message(signed_at=timestamp))


def test_one_right_signature_among_several_is_enough():
    """While a provider changes its secret."""
    gate().admit_provider(message(signatures=f"v1,{'a' * 44} v2,b {message().signatures}"))


@pytest.mark.parametrize("which", [Gate.OPEN, Gate.SECRET])
def test_without_a_webhook_there_is_nothing_to_send_it_to(which):
    with pytest.raises(NotFound):
        gate(which).admit_provider(message())


def test_users_top_up_at_an_open_gate():
    gate(Gate.OPEN).admit_user(None)


def test_users_do_not_where_a_provider_does():
    with pytest.raises(TopUpClosed):
        gate(Gate.WEBHOOK).admit_user(SECRET)


def test_a_channel_needs_its_secret():
    gate(Gate.SECRET).admit_user(SECRET)


@pytest.mark.parametrize("given", [None, "", SECRET[:-1], SECRET + "x", SECRET.upper(), "é"])
def test_another_secret_is_refused(given):
    with pytest.raises(TopUpSecretWrong):
        gate(Gate.SECRET).admit_user(given)


@pytest.mark.parametrize("secret", ["not base64!", "whsec_***", "abc"])
def test_a_key_that_is_no_base64_is_refused(secret):
    with pytest.raises(ValueError, match="is not base64"):
        key_of(secret)
