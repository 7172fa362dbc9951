"""``dompet user freeze``: a frozen user can read and not pay, and what is on its way comes back."""

import pytest
from books import assert_balanced
from click.testing import CliRunner
from watching import Diary, make_loop

from wallet.cli import main
from wallet.store.roles import Duty


@pytest.fixture
def dompet(mongod, monkeypatch):
    monkeypatch.setenv("MONGODB_URI", mongod.uri_as(Duty.OPERATOR, "dompet_test"))
    monkeypatch.setenv("MONGODB_DATABASE", "dompet_test")
    monkeypatch.setenv("LOGNAME", "siti")
    return lambda *arguments: CliRunner().invoke(main, ["user", *arguments])


@pytest.fixture
def guntur(api):
    user = api.sign_up()
    user.top_up(500_000)
    return user


def number_of(user):
    return user.profile().result["phone_number"]


def test_a_frozen_user_reads_and_does_not_pay_until_unfrozen(dompet, guntur):
    done = dompet("freeze", number_of(guntur), "--reason", "telephone stolen")

    assert (done.exit_code, "now frozen" in done.stdout) == (0, True)
    assert '"event":"wallet_frozen"' in done.stderr
    assert '"by":"siti","reason":"telephone stolen"' in done.stderr
    assert guntur.balance == 500_000
    assert guntur.transactions().status == 200
    for reply in (guntur.pay(1_000), guntur.top_up(1_000)):
        assert (reply.status, reply.json["code"]) == (409, "wallet_frozen")

    assert dompet("unfreeze", number_of(guntur), "--reason", "it is the owner").exit_code == 0
    assert guntur.pay(1_000).status == 201


def test_what_is_under_way_to_a_frozen_wallet_comes_back(database, dompet, api, guntur):
    sender = api.sign_up()
    sender.top_up(10_000)
    sender.transfer(guntur.id, 10_000)

    dompet("freeze", number_of(guntur), "--reason", "fraud")
    make_loop(database, Diary()).turn()

    assert sender.balance == 10_000
    assert_balanced(database)


def test_a_second_time_changes_nothing_and_leaves_no_event(dompet, guntur):
    dompet("freeze", number_of(guntur), "--reason", "fraud")

    done = dompet("freeze", number_of(guntur), "--reason", "fraud")

    assert (done.exit_code, "already frozen" in done.stdout) == (0, True)
    assert "wallet_frozen" not in done.stderr


@pytest.mark.usefixtures("database")
def test_a_number_of_nobody_is_told(dompet):
    done = dompet("freeze", "081200000000", "--reason", "fraud")

    assert done.exit_code == 1
    assert "nobody has the number 0812" in done.output
    assert "081200000000" not in done.output


@pytest.mark.parametrize("command", ["freeze", "unfreeze"])
def test_without_a_reason_nothing_happens(dompet, command):
    assert dompet(command, "081200000000").exit_code == 2
