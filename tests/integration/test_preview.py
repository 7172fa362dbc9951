"""``POST /transfer?dry_run=true``: what the transfer would come to, to the byte, and nothing is written."""

from datetime import UTC
from uuid import UUID

import pytest
from api import Api, in_process, random_id
from factories import make_user, make_wallet, set_status
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.limits import LimitSettings
from wallet import clock
from wallet.ledger import Declined
from wallet.models import Kind, Posting, WalletStatus
from wallet.rules.identity import operation_id
from wallet.rules.limits import Limit, Limits
from wallet.store import documents
from wallet.store.client import Document
from wallet.store.posting import PostingEngine
from wallet.store.transactions import Transactions

CAP = 50


@pytest.fixture
def guntur(api):
    user = api.sign_up()
    user.top_up(500_000)
    return user


@pytest.fixture
def tom(api):
    return api.sign_up()


@pytest.fixture
def unchanged(database):
    """A function that reads all there is, whatever the collection is called."""

    def everything() -> dict[str, list[Document]]:
        # Watched by every pod all the time, and nothing of a request's.
        names = sorted(database.list_collection_names())
        return {name: list(database[name].find(sort=[("_id", 1)])) for name in names}

    return everything


class TestAWayThatIsFree:
    def test_the_balances_are_told_and_nothing_is_written(self, guntur, tom, unchanged):
        before = unchanged()

        reply = guntur.preview(tom.id, 30_000, "Hadiah Ultah")

        assert reply.status == 200
        assert reply.result == {
            "dry_run": True,
            "target_user": tom.id,
            "amount": 30_000,
            "remarks": "Hadiah Ultah",
            "balance_before": 500_000,
            "balance_after": 470_000,
        }
        assert unchanged() == before

    def test_as_the_transfer_then_says(self, guntur, tom):
        told = guntur.preview(tom.id, 30_000, " dua  kata ").result
        done = guntur.transfer(tom.id, 30_000, " dua  kata ").result

        assert {name: done[name] for name in told if name != "dry_run"} | {"dry_run": True} == told

    def test_no_key_is_used_up(self, guntur, tom):
        assert guntur.preview(tom.id, 1_000, key="one").status == 200

        reply = guntur.transfer(tom.id, 2_000, key="one")

        assert (reply.status, "Idempotency-Replayed" in reply.headers) == (202, False)

    def test_no_limit_is_counted_and_one_that_is_reached_is_told(self, build, guntur, tom):
        pod = Api(in_process(build(transfer_limits=LimitSettings(day_count=1))), guntur.token)
        assert [pod.preview(tom.id, 1).status for _ in range(3)] == [200] * 3
        assert pod.transfer(tom.id, 1).status == 202

        assert same(pod, tom.id, 1) == (409, "daily_count_exceeded")


class TestAKeyThatWasUsed:
    def test_for_the_same_is_told_as_a_replay(self, guntur, tom, unchanged):
        done = guntur.transfer(tom.id, 30_000, key="one")
        guntur.pay(100_000)
        before = unchanged()

        reply = guntur.preview(tom.id, 30_000, key="one")

        assert (reply.status, reply.headers["Idempotency-Replayed"]) == (200, "true")
        assert reply.result["balance_before"] == done.result["balance_before"]
        assert unchanged() == before

    def test_for_another_body_is_refused(self, guntur, tom):
        guntur.transfer(tom.id, 30_000, key="one")

        assert same(guntur, tom.id, 40_000, key="one") == (422, "idempotency_key_reused")


def same(user, target, amount, remarks="", **options):
    """What preview and transfer both say, to the byte, of what is refused."""
    foretold = user.preview(target, amount, remarks, **options)
    told = user.transfer(target, amount, remarks, **options)
    assert foretold.status == told.status
    assert foretold.json | {"request_id": ""} == told.json | {"request_id": ""}
    return told.status, told.json["code"]


class TestARefusal:
    """Is the very same as that of the transfer."""

    def test_of_more_than_there_is(self, guntur, tom):
        assert same(guntur, tom.id, 500_001) == (409, "insufficient_balance")

    def test_of_nobody(self, guntur):
        assert same(guntur, random_id(), 1) == (404, "receiver_not_found")

    def test_of_oneself(self, guntur):
        assert same(guntur, guntur.id, 1) == (400, "invalid_input")

    @pytest.mark.parametrize("amount", [0, -1, "1", 1.5, 2**53])
    def test_of_what_is_no_amount(self, guntur, tom, amount):
        assert same(guntur, tom.id, amount) == (400, "invalid_input")

    def test_of_a_key_that_is_none(self, guntur, tom):
        assert same(guntur, tom.id, 1, key="a key") == (400, "invalid_input")

    @pytest.mark.parametrize("status", [WalletStatus.FROZEN, WalletStatus.CLOSED])
    def test_of_a_wallet_that_may_not(self, guntur, tom, database, status):
        set_status(database, UUID(guntur.id), status)

        assert same(guntur, tom.id, 1) == (409, f"wallet_{status.lower()}")

    @pytest.mark.parametrize("status", [WalletStatus.FROZEN, WalletStatus.CLOSED])
    def test_of_a_receiver_who_may_not(self, guntur, tom, database, status):
        set_status(database, UUID(tom.id), status)

        assert same(guntur, tom.id, 1) == (409, "receiver_not_active")

    def test_of_no_token(self, api, tom):
        assert same(api, tom.id, 1) == (401, "unauthenticated")


class TestTheQuery:
    def test_false_is_the_transfer(self, guntur, tom):
        wish = {"target_user": tom.id, "amount": 1_000, "remarks": ""}

        reply = guntur.post("/transfer?dry_run=false", wish)

        assert (reply.status, guntur.balance) == (202, 499_000)

    @pytest.mark.parametrize(
        ("query", "name"),
        [
            *((f"dry_run={word}", "dry_run") for word in ("", "1", "yes", "True", "TRUE", "null", "true%20")),
            ("dry_run", "dry_run"),
            ("dry_run=true&dry_run=false", "query"),
            ("dry_run=false&dry_run=true", "query"),
            ("dry_run=true&amount=1", "query"),
            ("dryrun=true", "dryrun"),
        ],
    )
    def test_whatever_else_is_refused_and_moves_nothing(self, guntur, tom, query, name):
        """A slip of a letter must not send money."""
        reply = guntur.post(f"/transfer?{query}", {"target_user": tom.id, "amount": 1_000, "remarks": ""})

        assert (reply.status, set(reply.json["errors"])) == (400, {name})
        assert guntur.balance == 500_000


class TestWhenTheStoreCannotAnswer:
    @pytest.fixture
    def blind(self, client):
        data = {"appName": "dompet-api", "failCommands": ["find"], "errorCode": 91}
        client.admin.command("configureFailPoint", "failCommand", mode="alwaysOn", data=data)
        yield
        client.admin.command("configureFailPoint", "failCommand", mode="off")

    def test_that_is_told_and_never_an_outcome_that_nobody_knows(self, guntur, tom, blind):  # noqa: ARG002
        reply = guntur.preview(tom.id, 1_000)

        assert (reply.status, reply.json["code"]) == (503, "unavailable")


statuses = st.sampled_from([WalletStatus.ACTIVE, WalletStatus.ACTIVE, *WalletStatus])
amounts = st.integers(1, 30)
wishes = st.tuples(
    st.integers(0, 3), amounts, st.sampled_from(["", "kopi"]), st.sampled_from([None, "a", "b"])
)
limits = st.none() | st.builds(
    Limit,
    operation_amount=st.none() | st.integers(0, 40),
    day_amount=st.none() | st.integers(0, 60),
    day_count=st.none() | st.integers(0, 4),
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    balance=st.integers(0, CAP),
    states=st.tuples(statuses, statuses, statuses),
    limit=limits,
    asked=st.lists(wishes, min_size=1, max_size=6),
)
@pytest.mark.forged
def test_a_preview_is_what_the_transfer_then_says(database, balance, states, limit, asked):
    """Over wallets in any state and limits of any size, with keys new, used, and used for something else."""
    users = [make_user() for _ in states]
    wallets = [
        make_wallet(id=user.id, balance=balance, seq=1, status=status)
        for user, status in zip(users, states, strict=True)
    ]
    database["wallets"].insert_many(map(documents.wallet_document, wallets))
    allowed = limit and Limits({Kind.TRANSFER_OUT: limit}, UTC)
    engine = PostingEngine(database, Transactions(database.client), cap=CAP, limits=allowed)
    sender, *others = (user.id for user in users)
    targets = [*others, sender, UUID(random_id())]

    for target, amount, remarks, key in asked:
        posting = Posting(
            operation=operation_id(sender, Kind.TRANSFER_OUT, key),
            kind=Kind.TRANSFER_OUT,
            wallet=sender,
            amount=amount,
            remarks=remarks,
            counterparty=targets[target],
            keyed=key is not None,
        )
        date = clock.now()
        before = written(database, sender)
        foretold = engine.foresee(posting, date)
        assert written(database, sender) == before
        (told,) = engine.post([posting], date)
        assert words(foretold) == words(told)


def written(database, wallet):
    return (
        database["wallets"].find_one({"_id": wallet}),
        list(database["entries"].find({"wallet": wallet})),
        list(database["transfers"].find({"sender": wallet})),
    )


def words(outcome):
    """An outcome as it can be compared: refusals are compared by what they tell."""
    if isinstance(outcome, Declined):
        return outcome.reason.code, str(outcome.reason), getattr(outcome.reason, "fields", None)
    return outcome
