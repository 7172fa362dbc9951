"""Keys are changed under running pods, and nobody is logged out by it."""

import jwt
import pytest
from api import Api, in_process
from factories import open_wallet
from signing import token

from service.context import EXTENSION
from service.keys.ring import key

OLD, NEW = (f"{letter}-key-of-the-rotation-0123456789-abcdef" for letter in "ab")


class Pod(Api):
    """A pod whose keys are in a file, and are read when the test says that it is time."""

    def __init__(self, app):
        super().__init__(in_process(app))
        self.app = app
        self.ring = app.extensions[EXTENSION].ring

    def grow_old(self):
        self.ring._read_at = float("-inf")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "JWT_SECRET"
    path.write_text(OLD)
    return path


@pytest.fixture
def pods(build, database, file):  # noqa: ARG001 - they work on it
    return [Pod(build(jwt_secret_file=file)) for _ in range(2)]


def kid_of(access_token):
    return jwt.get_unverified_header(access_token)["kid"]


def is_in(pod, tokens):
    return pod.with_token(tokens["access_token"]).profile().status == 200


def test_a_rotation_step_by_step(pods, file):
    """Make the new key known, let it sign, retire the old one: at each step every pod takes every token."""
    here, there = pods
    number = here.register().result["phone_number"]
    tokens = here.login(number).result
    assert is_in(there, tokens)

    file.write_text(f"{OLD}\n{NEW}")
    for pod in pods:
        pod.grow_old()
        assert kid_of(pod.login(number).result["access_token"]) == key(OLD).kid

    file.write_text(f"{NEW}\n{OLD}")
    here.grow_old()
    renewed = here.login(number).result
    assert kid_of(renewed["access_token"]) == key(NEW).kid
    assert is_in(there, renewed), "the other pod knows the new key before it signs with it itself"
    assert is_in(here, tokens)
    there.grow_old()
    moved = there.refresh(tokens["refresh_token"]).result
    assert kid_of(moved["access_token"]) == key(NEW).kid, "whoever refreshes is on the new key"

    file.write_text(NEW)
    for pod in pods:
        pod.grow_old()
        assert not is_in(pod, tokens), "also where its signature was remembered as good"
        assert pod.refresh(tokens["refresh_token"]).status == 401
        assert is_in(pod, moved)
    assert here.refresh(moved["refresh_token"]).status == 200


def test_a_pod_that_meets_a_new_key_looks_for_it(pods, file):
    """As when another pod has read it from AWS a minute earlier."""
    here, there = pods
    number = here.register().result["phone_number"]
    there.login(number)
    file.write_text(f"{NEW}\n{OLD}")
    here.grow_old()
    renewed = here.login(number).result
    assert not is_in(there, renewed), "it was told its keys less than a minute ago"

    there.ring._read_at -= 60

    assert is_in(there, renewed)


def test_a_lost_answer_is_given_again_across_a_rotation(pods, file):
    """Another signature around the same secret."""
    here, there = pods
    tokens = here.login(here.register().result["phone_number"]).result
    here.refresh(tokens["refresh_token"])
    file.write_text(f"{NEW}\n{OLD}")
    there.grow_old()

    again = there.refresh(tokens["refresh_token"])

    assert again.status == 200
    here.grow_old()
    assert here.refresh(again.result["refresh_token"]).status == 200


def test_a_key_that_became_weak_or_unreadable_changes_nothing(pods, file):
    here, _ = pods
    tokens = here.login(here.register().result["phone_number"]).result

    for spoil in (lambda: file.write_text("weak"), file.unlink):
        spoil()
        here.grow_old()
        assert is_in(here, tokens)


def test_a_good_signature_by_a_key_of_no_ring_is_refused(pods, database):
    here, _ = pods
    owner = str(open_wallet(database))

    assert here.with_token(token(here.app, sub=owner)).profile().status == 200
    foreign = token(here.app, NEW, sub=owner, headers={"kid": key(NEW).kid})
    assert here.with_token(foreign).profile().status == 401
