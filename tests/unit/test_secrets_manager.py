"""Keys in AWS Secrets Manager, which moto stands in for: rotated there, known here."""

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from moto import mock_aws

from service.keys.ring import UNKNOWN_S, Ring, RingObserver, key
from service.keys.sources import SourceFault, secrets_manager
from wallet.pins import Peppers

NAME = "dompet/jwt"
FIRST, SECOND, THIRD = (f"{letter}-key-of-the-tests-0123456789-abcdef" for letter in "abc")
LIFETIME_S = 300.0


@pytest.fixture
def aws(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-southeast-3")
    with mock_aws():
        yield boto3.client("secretsmanager")


@pytest.fixture
def secret(aws):
    aws.create_secret(Name=NAME, SecretString=f"{FIRST}\n")
    return lambda text: aws.put_secret_value(SecretId=NAME, SecretString=text)


@pytest.fixture
def told():
    class Told(RingObserver):
        faults = ()

        def failed(self, fault):
            self.faults = (*self.faults, str(fault))

    return Told()


class Watch:
    now = 1_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def watch():
    return Watch()


@pytest.fixture
def ring(secret, told, watch):  # noqa: ARG001 - it is read
    source = secrets_manager(NAME)
    return Ring(source, lifetime_s=LIFETIME_S, observer=told, clock=watch)


def kids(ring):
    return list(ring.keys().known)


def test_a_secret_that_was_never_rotated_is_a_ring_of_one(ring):
    assert kids(ring) == [key(FIRST).kid]


def test_after_a_rotation_the_current_one_signs_and_the_one_before_verifies(ring, secret, watch):
    secret(SECOND)
    watch.now += LIFETIME_S
    assert ring.keys().signing == key(SECOND)
    assert kids(ring) == [key(SECOND).kid, key(FIRST).kid]

    secret(THIRD)
    watch.now += LIFETIME_S
    assert kids(ring) == [key(THIRD).kid, key(SECOND).kid], "the one before that is retired"


def test_a_pod_that_meets_a_token_of_the_new_key_learns_it_at_once(ring, secret, watch):
    """Another pod has read it and signs with it; ours would otherwise wait for its lifetime."""
    secret(SECOND)
    watch.now += UNKNOWN_S

    assert key(SECOND).kid in ring.anew().known


def test_while_aws_is_away_the_last_good_keys_stay(ring, told, watch, monkeypatch):
    before = kids(ring)

    def away(*_, **__):
        raise EndpointConnectionError(endpoint_url="https://secretsmanager.example")

    monkeypatch.setattr("botocore.client.BaseClient._make_api_call", away)
    watch.now += LIFETIME_S

    assert kids(ring) == before
    (fault,) = told.faults
    assert NAME in fault
    assert FIRST not in fault


def test_a_rotation_to_a_weak_key_is_not_taken(ring, told, secret, watch):
    secret("weak")
    watch.now += LIFETIME_S

    assert kids(ring) == [key(FIRST).kid]
    assert len(told.faults) == 1


@pytest.mark.usefixtures("aws")
def test_a_secret_that_is_not_there_stops_the_start_and_says_which():
    with pytest.raises(SourceFault, match=NAME):
        Ring(secrets_manager(NAME), lifetime_s=LIFETIME_S)


def test_a_pepper_that_was_rotated_is_a_ring_of_two(secret):
    secret(SECOND)

    assert Peppers.of(secrets_manager(NAME)()) == Peppers(SECOND, (FIRST,))


def test_a_binary_secret_is_refused_by_name(aws):
    aws.create_secret(Name="binary", SecretBinary=b"hunter2")

    with pytest.raises(SourceFault, match="binary") as refusal:
        secrets_manager("binary")()
    assert "hunter2" not in str(refusal.value)
