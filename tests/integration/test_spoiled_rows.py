"""Rows of the queue that cannot be read: the ledger tells their owners, and nobody else notices."""

import pytest
from bson.datetime_ms import DatetimeMS
from factories import open_wallets, queue_transfer, settlement_engine

from wallet import clock
from wallet.rules.identity import new_id
from wallet.settlement import MALFORMED
from wallet.store.outcomes import Outcomes

pytestmark = pytest.mark.forged

SPOILED = [
    {"amount": "1000"},
    {"amount": 2.5},
    {"target": None},
    {"partition": "everywhere"},
    {"date": "yesterday"},
    {"date": DatetimeMS(2**60)},
    {"remarks": 5},
]


def spoil(database, transfer, fields):
    database["transfers"].update_one({"_id": transfer}, {"$set": fields}, bypass_document_validation=True)


@pytest.fixture
def guntur(api):
    user = api.sign_up()
    user.top_up(10_000)
    return user


@pytest.fixture
def tom(api):
    return api.sign_up()


@pytest.fixture
def sent(guntur, tom, database):
    """The id of a transfer, as text, and as it is in the database."""
    transfer_id = guntur.transfer(tom.id, 1_000).result["transfer_id"]
    (row,) = database["transfers"].find()
    return transfer_id, row["_id"]


@pytest.mark.parametrize("fields", SPOILED, ids=repr)
class TestOwners:
    def test_see_what_was_asked_for_before_the_watcher_came(self, guntur, tom, sent, database, fields):
        transfer_id, key = sent
        before = guntur.transfer_status(transfer_id).result

        spoil(database, key, fields)

        for owner in (guntur, tom):
            reply = owner.transfer_status(transfer_id)
            assert reply.status == 200
            assert reply.result == before
            assert [step["step"] for step in owner.get(f"/transfers/{transfer_id}/timeline").result] == [
                "accepted"
            ]

    def test_see_that_it_was_given_back(self, guntur, sent, database, fields):
        transfer_id, key = sent
        spoil(database, key, fields)
        settlement_engine(database).give_up({key: MALFORMED}, clock.now())
        assert guntur.balance == 10_000

        result = guntur.transfer_status(transfer_id).result

        assert (result["status"], result["failure"]) == ("FAILED", MALFORMED)
        assert result["amount"] == 1_000
        assert result["settled_date"] is not None

    def test_see_that_it_had_arrived(self, guntur, sent, settle, database, fields):
        transfer_id, key = sent
        settle()
        before = guntur.transfer_status(transfer_id).result
        assert before["status"] == "SUCCESS"

        spoil(database, key, fields)

        assert guntur.transfer_status(transfer_id).result == before

    def test_and_nobody_else(self, api, sent, database, fields):
        transfer_id, key = sent
        spoil(database, key, fields)

        assert api.sign_up().transfer_status(transfer_id).status == 404


class TestAStatusThatIsNone:
    @pytest.mark.parametrize("status", ["LOST", None, 5])
    def test_is_pending_for_who_asks(self, guntur, sent, database, status):
        """Money that left and has neither arrived nor come back is under way."""
        transfer_id, key = sent
        spoil(database, key, {"status": status})

        assert guntur.transfer_status(transfer_id).result["status"] == "PENDING"
        assert [line["status"] for line in guntur.transactions().result] == ["PENDING", "SUCCESS"]


def test_a_row_that_no_debit_vouches_for_is_no_transfer(guntur, sent, database):
    _, key = sent
    forged = database["transfers"].find_one({"_id": key}) | {"_id": new_id(), "amount": "1000"}
    database["transfers"].insert_one(forged, bypass_document_validation=True)

    assert guntur.transfer_status(str(forged["_id"])).status == 404


@pytest.mark.parametrize("fields", SPOILED, ids=repr)
def test_who_waits_for_one_keeps_nobody_else_waiting(database, settle, fields):
    """All waits of a pod share one look."""
    sender, target = open_wallets(database, 2, 1_000)
    spoiled, sound = (queue_transfer(database, sender, target, 1) for _ in range(2))
    settle()
    spoil(database, spoiled, fields)

    assert [one.id for one in Outcomes(database).settled([spoiled, sound])] == [sound]
