"""``dompet user freeze|unfreeze|close``: who may not pay can still read, and no money is shut in."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from books import assert_balanced
from click.testing import CliRunner
from factories import (
    open_wallets,
    post,
    posting_engine,
    queue_transfer,
    top_up,
    transfer_out,
)
from watching import Diary, make_loop

from wallet import clock
from wallet.cli import main
from wallet.ledger import Posted
from wallet.store.roles import Duty
from wallet.store.standing import NotSettled, Standing
from wallet.store.transactions import Transactions


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


@pytest.mark.parametrize("command", ["freeze", "unfreeze", "close"])
def test_without_a_reason_nothing_happens(dompet, command):
    assert dompet(command, "081200000000").exit_code == 2


class TestClose:
    @pytest.fixture
    def emptied(self, guntur):
        guntur.pay(500_000)
        return guntur

    def test_a_closed_user_reads_and_moves_nothing(self, dompet, emptied):
        done = dompet("close", number_of(emptied), "--reason", "the owner asked for it")

        assert (done.exit_code, "now closed, for ever" in done.stdout) == (0, True)
        assert '"event":"wallet_closed"' in done.stderr
        assert '"by":"siti","reason":"the owner asked for it"' in done.stderr
        assert emptied.profile().result["wallet_status"] == "CLOSED"
        assert len(emptied.transactions().result) == 2
        assert emptied.top_up(1_000).json["code"] == "wallet_closed"

    def test_no_command_opens_it_again(self, dompet, emptied):
        number = number_of(emptied)
        dompet("close", number, "--reason", "moved away")

        for command in ("freeze", "unfreeze"):
            done = dompet(command, number, "--reason", "came back")
            assert (done.exit_code, "This wallet is closed" in done.stderr) == (1, True)
            assert "wallet_frozen" not in done.stderr
        assert emptied.profile().result["wallet_status"] == "CLOSED"

    def test_a_second_time_changes_nothing_and_leaves_no_event(self, dompet, emptied):
        dompet("close", number_of(emptied), "--reason", "moved away")

        done = dompet("close", number_of(emptied), "--reason", "moved away")

        assert (done.exit_code, "already closed" in done.stdout) == (0, True)
        assert "wallet_closed" not in done.stderr

    def test_a_frozen_wallet_can_be_closed(self, dompet, emptied):
        dompet("freeze", number_of(emptied), "--reason", "fraud")

        assert dompet("close", number_of(emptied), "--reason", "it was fraud").exit_code == 0
        assert emptied.profile().result["wallet_status"] == "CLOSED"

    def test_one_with_money_is_not_and_says_what_to_do(self, dompet, guntur):
        done = dompet("close", number_of(guntur), "--reason", "moved away")

        assert done.exit_code == 1
        assert "The wallet has 500000 rupiah: let the owner pay them out first" in done.stderr
        assert "wallet_closed" not in done.stderr
        assert guntur.profile().result["wallet_status"] == "ACTIVE"

    def test_nor_is_one_whose_money_may_come_back(self, database, dompet, api, guntur):
        """What is under way would be refunded into a wallet that nothing can leave."""
        friend = api.sign_up()
        guntur.transfer(friend.id, 500_000)
        dompet("freeze", number_of(friend), "--reason", "fraud")

        done = dompet("close", number_of(guntur), "--reason", "moved away")
        assert done.exit_code == 1
        assert "Transfers of the owner are under way (1)" in done.stderr

        make_loop(database, Diary()).turn()
        assert guntur.balance == 500_000
        assert_balanced(database)

    def test_what_is_under_way_to_it_comes_back(self, database, dompet, api, emptied):
        sender = api.sign_up()
        sender.top_up(10_000)
        sender.transfer(emptied.id, 10_000)

        assert dompet("close", number_of(emptied), "--reason", "moved away").exit_code == 0
        make_loop(database, Diary()).turn()

        assert sender.balance == 10_000
        assert_balanced(database)

    def test_the_number_stays_taken(self, api, dompet, emptied):
        number = number_of(emptied)
        dompet("close", number, "--reason", "moved away")

        assert api.register(phone_number=number).json["code"] == "phone_number_taken"


RACES = 12


def test_no_money_is_shut_in_whoever_comes_first(database):
    """A close races a top-up, or a transfer of all there is that may come back: one of the two gives way."""
    standing = Standing(database, Transactions(database.client))
    engine = posting_engine(database)

    def closed(wallet):
        try:
            return standing.close(wallet)
        except NotSettled:
            return False

    def posted(posting):
        (outcome,) = engine.post([posting], clock.now())
        return isinstance(outcome, Posted)

    with ThreadPoolExecutor(2) as pool:
        for race in range(RACES):
            balance = 1_000 * (race % 2)
            wallet, target = open_wallets(database, 2, balance)
            posting = transfer_out(wallet, target, balance) if balance else top_up(wallet, 1_000)
            close, move = pool.submit(closed, wallet), pool.submit(posted, posting)
            assert [close.result(), move.result()].count(True) == 1
    assert_balanced(database)


def test_a_transfer_that_the_close_did_not_see_makes_it_look_again(database):
    """Amid its look the wallet gets money and sends it away: it is as empty as before, yet it may return."""
    wallet, target = open_wallets(database, 2)
    standing = Standing(database, Transactions(database.client))
    look, seen = standing._under_way, []

    def overtaken(*where):
        if not seen:
            post(database, top_up(wallet, 1_000))
            queue_transfer(database, wallet, target, 1_000)
        seen.append(look(*where))
        return seen[-1]

    standing._under_way = overtaken
    with pytest.raises(NotSettled):
        standing.close(wallet)

    assert seen == [0, 1], "at first it saw the moment before"
    assert_balanced(database)
