"""A line for each request or a share of them; whoever looks for money finds its ids there."""

import pytest
from api import Api, in_process, random_id
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs


@pytest.fixture
def lines():
    """Return the lines of the access log so far, and forget them."""
    with capture_logs(processors=[merge_contextvars]) as captured:

        def taken():
            taken = [line for line in captured if line["event"] == "request"]
            captured.clear()
            return taken

        yield taken


@pytest.fixture
def quiet(build, database):  # noqa: ARG001 - the API works on it
    """The API with an access log of nothing but what matters."""
    return Api(in_process(build(access_log_sample=0.0)))


def test_every_request_has_a_line_with_its_id(api, lines):
    reply = api.get("/profile", headers={"X-Request-ID": "mine"})

    (line,) = lines()
    assert reply.status == 401
    assert line.pop("milliseconds") >= 0
    assert line == {
        "event": "request",
        "log_level": "info",
        "request_id": "mine",
        "method": "GET",
        "route": "/profile",
        "status": 401,
        "code": "unauthenticated",
    }


def test_an_accepted_transfer_has_its_id_in_the_line_and_the_next_request_has_not(api, lines):
    guntur, tom = api.sign_up(), api.sign_up()
    guntur.top_up(10)
    lines()
    sent = guntur.transfer(tom.id, 10, request_id="mine")
    guntur.profile()

    accepted, other = lines()
    assert (accepted["status"], accepted["request_id"]) == (202, "mine")
    assert accepted["transfer_id"] == sent.result["transfer_id"]
    assert "transfer_id" not in other


def test_of_a_sample_of_nothing_what_goes_well_leaves_no_line(quiet, lines):
    guntur, tom = quiet.sign_up(), quiet.sign_up()
    guntur.top_up(10)
    guntur.transfer(tom.id, 1)
    guntur.transactions()
    quiet.get("/nope")
    guntur.transfer_status(random_id())

    assert lines() == []


def test_of_a_sample_of_nothing_a_refusal_to_move_money_is_left(quiet, lines):
    guntur = quiet.sign_up()
    guntur.top_up(10, key="k")
    guntur.pay(11)
    guntur.transfer(random_id(), 1)
    guntur.top_up(11, key="k")

    assert [(line["status"], line["code"]) for line in lines()] == [
        (409, "insufficient_balance"),
        (404, "receiver_not_found"),
        (422, "idempotency_key_reused"),
    ]


def test_of_a_sample_of_nothing_a_failure_is_left(quiet, lines, monkeypatch):
    guntur = quiet.sign_up()
    monkeypatch.setattr("service.replies.Replies.profile", lambda *_: 1 / 0)
    assert guntur.profile().status == 500

    (line,) = lines()
    assert (line["status"], line["code"]) == (500, "internal_error")


def test_a_sample_is_about_the_share_it_says(build, database, lines):  # noqa: ARG001
    some = Api(in_process(build(access_log_sample=0.5)))
    for _ in range(200):
        some.get("/profile")

    assert 50 < len(lines()) < 150


def test_probes_have_none(api, lines):
    api.livez()
    api.readyz()

    assert lines() == []
