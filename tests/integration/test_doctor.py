"""The doctor: nothing to say of a healthy database, and for each illness one line with its remedy."""

from uuid import uuid4

import pytest
from factories import open_wallet

from wallet import doctor
from wallet.doctor import Grade, examine
from wallet.embedded import EmbeddedServer
from wallet.store.client import connect, open_database
from wallet.store.inspection import INDEXES, Inspection, Member
from wallet.store.migrate import migrate
from wallet.store.roles import Duty

HEALTHY = Member(version=(8, 0, 17), replica_set="rs0", offers_zlib=True, clock_ahead_s=0.01)


def changed(**fields):
    return Member(**{name: getattr(HEALTHY, name) for name in Member.__dataclass_fields__} | fields)


def verdicts(database):
    return {finding.question: finding.verdict for finding in examine(database)}


@pytest.fixture
def sick(client):
    """A migrated database that a test may harm."""
    database = open_database(client, f"dompet_{uuid4().hex[:8]}")
    migrate(database)
    yield database
    client.drop_database(database.name)


@pytest.fixture
def as_operator(mongod, database):
    """The database of the tests, as an operator sees it."""
    with connect(mongod.uri_as(Duty.OPERATOR, database.name), application="tests") as client:
        yield open_database(client, database.name)


def test_a_healthy_database_has_no_complaint(database, as_operator):
    open_wallet(database)
    found = verdicts(as_operator)
    assert {verdict.grade for verdict in found.values()} == {Grade.OK}
    assert list(found) == [
        "server version",
        "compression",
        "replica set",
        "clock",
        "write concern",
        "migrations",
        "indexes",
        "validators",
        "transaction limit",
        "failover",
        "ledger",
        "users",
    ]
    assert found["users"].answer == "1"


def test_it_leaves_nothing_behind(database):
    names = sorted(database.list_collection_names())
    verdicts(database)
    assert sorted(database.list_collection_names()) == names
    assert database["locks"].count_documents({}) == 0


def test_it_expects_exactly_the_indexes_that_the_migrations_make(database):
    assert Inspection(database).indexes() == INDEXES


def test_an_empty_database_gets_a_hint(database):
    assert "dompet seed" in verdicts(database)["users"].answer


def test_a_database_that_was_never_migrated_fails(client):
    found = verdicts(open_database(client, "dompet_nowhere"))
    assert [question for question, verdict in found.items() if verdict.grade is Grade.FAIL] == [
        "migrations",
        "indexes",
        "validators",
    ]
    assert "dompet migrate" in found["migrations"].remedy
    client.drop_database("dompet_nowhere")


def test_a_dropped_index_is_named(sick):
    sick["entries"].drop_index("wallet_seq")
    verdict = verdicts(sick)["indexes"]
    assert verdict.grade is Grade.FAIL
    assert verdict.answer == "entries(wallet, seq) missing or changed"


def test_an_index_that_lost_its_uniqueness_is_named(sick):
    sick["users"].drop_index("phone_number")
    sick["users"].create_index("phone_number")
    assert "users(phone_number)" in verdicts(sick)["indexes"].answer


@pytest.mark.parametrize(
    "change", [{"validationAction": "warn"}, {"validationLevel": "off"}, {"validator": {}}]
)
def test_a_validator_that_refuses_nothing_is_named(sick, change):
    sick.command("collMod", "wallets", **change)
    assert verdicts(sick)["validators"].answer == "wallets take anything"


@pytest.mark.parametrize(
    "harm",
    [
        lambda db: db["entries"].drop_index("wallet_seq"),
        lambda db: db.command("collMod", "wallets", validationLevel="off"),
    ],
)
def test_the_remedy_for_both_works(sick, harm):
    open_wallet(sick, 1_000)
    harm(sick)
    sick["migrations"].delete_many({})
    migrate(sick)
    found = verdicts(sick)
    assert {found["indexes"].grade, found["validators"].grade} == {Grade.OK}


def test_a_long_transaction_limit_is_a_warning(client, database):
    client.admin.command({"setParameter": 1, "transactionLifetimeLimitSeconds": 60})
    try:
        verdict = verdicts(database)["transaction limit"]
    finally:
        client.admin.command({"setParameter": 1, "transactionLifetimeLimitSeconds": 2})
    assert verdict.grade is Grade.WARN
    assert "transactionLifetimeLimitSeconds: 2" in verdict.remedy


@pytest.fixture
def second_member(client):
    """Return a function that changes settings of a set that has a second, silent member."""
    config = client.admin.command("replSetGetConfig")["config"]
    silent = {"_id": 1, "host": "127.0.0.1:1", "votes": 0, "priority": 0, "hidden": True}

    def reconfigure(members, settings):
        version = client.admin.command("replSetGetConfig")["config"]["version"] + 1
        changed = config | {"version": version, "members": members, "settings": settings}
        client.admin.command("replSetReconfig", changed)

    yield lambda **changes: reconfigure([*config["members"], silent], config["settings"] | changes)
    reconfigure(config["members"], config["settings"])


@pytest.mark.parametrize(
    ("election_ms", "heartbeat_ms", "changes"),
    [
        (10_000, 200, "c.settings.electionTimeoutMillis = 5000"),
        (5_000, 2_000, "c.settings.heartbeatIntervalMillis = 200"),
        (
            *(10_000, 2_000),
            "c.settings.electionTimeoutMillis = 5000; c.settings.heartbeatIntervalMillis = 200",
        ),
    ],
)
def test_a_slow_failover_is_a_warning(database, second_member, election_ms, heartbeat_ms, changes):
    second_member(electionTimeoutMillis=election_ms, heartbeatIntervalMillis=heartbeat_ms)
    verdict = verdicts(database)["failover"]
    assert verdict.grade is Grade.WARN
    assert verdict.remedy == f"c = rs.conf(); {changes}; rs.reconfig(c)"


def test_a_quick_failover_is_fine(database, second_member):
    second_member(electionTimeoutMillis=5_000, heartbeatIntervalMillis=200)
    verdict = verdicts(database)["failover"]
    assert verdict.grade is Grade.OK
    assert "5 s" in verdict.answer
    assert "0.2 s" in verdict.answer


@pytest.mark.parametrize("duty", [Duty.MIGRATION, Duty.OPERATOR])
def test_a_user_with_one_of_our_roles_may_not_change_the_ledger(mongod, database, duty):
    with connect(mongod.uri_as(duty, database.name), application="tests") as client:
        verdict = verdicts(open_database(client, database.name))["ledger"]
    assert verdict == (Grade.OK, "this user may not change or remove an entry", "")


@pytest.mark.parametrize(
    ("resource", "action"),
    [
        ({"db": "dompet_test", "collection": "entries"}, "update"),
        ({"db": "dompet_test", "collection": ""}, "dropCollection"),
        ({"db": "", "collection": "entries"}, "remove"),
        ({"db": "", "collection": ""}, "bypassDocumentValidation"),
    ],
)
def test_a_user_who_may_change_the_ledger_is_told(mongod, client, database, resource, action):
    privilege = {"resource": resource, "actions": ["find", action]}
    with mongod.user(client, [privilege]) as uri, connect(uri, application="tests") as other:
        verdict = verdicts(open_database(other, database.name))["ledger"]
    assert (verdict.grade, verdict.answer) == (Grade.WARN, f"this user may change entries ({action})")
    assert "`dompet roles`" in verdict.remedy


def test_a_user_who_may_change_other_things_is_none_of_them(mongod, client, database):
    privilege = {"resource": {"db": "dompet_test", "collection": "users"}, "actions": ["update", "remove"]}
    with mongod.user(client, [privilege]) as uri, connect(uri, application="tests") as other:
        assert verdicts(open_database(other, database.name))["ledger"].grade is Grade.OK


def test_a_server_without_access_control_is_told(tmp_path):
    with EmbeddedServer(tmp_path) as server, connect(server.uri, application="tests") as client:
        verdict = verdicts(open_database(client, "dompet"))["ledger"]
    assert (verdict.grade, verdict.answer) == (
        Grade.WARN,
        "nobody needs a user: anybody may change entries",
    )


def refuse(client, command, code):
    client.admin.command(
        {
            "configureFailPoint": "failCommand",
            "mode": "alwaysOn",
            "data": {"failCommands": [command], "errorCode": code, "appName": "tests"},
        }
    )


@pytest.fixture
def no_failpoint(client):
    yield
    client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})


@pytest.mark.usefixtures("no_failpoint")
def test_a_limit_that_may_not_be_read_is_no_complaint(client, database):
    refuse(client, "getParameter", 13)
    verdict = verdicts(database)["transaction limit"]
    assert verdict.grade is Grade.OK
    assert "not known" in verdict.answer


@pytest.mark.usefixtures("no_failpoint")
def test_writes_that_fail_are_told_with_the_servers_words(client, database):
    refuse(client, "update", 13)
    verdict = verdicts(database)["write concern"]
    assert verdict.grade is Grade.FAIL
    assert "failCommand" in verdict.answer


def test_a_server_that_is_not_there_is_the_only_finding():
    with connect("mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=200", application="tests") as client:
        found = verdicts(open_database(client, "dompet"))
    assert list(found) == ["server"]
    assert found["server"].grade is Grade.FAIL
    assert "127.0.0.1:1" in found["server"].answer


@pytest.mark.parametrize(
    ("judge", "member", "grade"),
    [
        (doctor.judge_version, changed(version=(6, 0, 0)), Grade.OK),
        (doctor.judge_version, changed(version=(5, 0, 32)), Grade.FAIL),
        (doctor.judge_compression, changed(version=(6, 0, 5), offers_zlib=False), Grade.OK),
        (doctor.judge_compression, changed(version=(6, 0, 26)), Grade.WARN),
        (doctor.judge_compression, changed(version=(6, 0, 27)), Grade.OK),
        (doctor.judge_compression, changed(version=(7, 0, 27)), Grade.WARN),
        (doctor.judge_compression, changed(version=(7, 3, 9)), Grade.WARN),
        (doctor.judge_compression, changed(version=(8, 2, 3)), Grade.OK),
        (doctor.judge_compression, changed(version=(9, 0, 0)), Grade.OK),
        (doctor.judge_replica_set, HEALTHY, Grade.OK),
        (doctor.judge_replica_set, changed(replica_set=None), Grade.FAIL),
        (doctor.judge_clock, HEALTHY, Grade.OK),
        (doctor.judge_clock, changed(clock_ahead_s=-0.999), Grade.OK),
        (doctor.judge_clock, changed(clock_ahead_s=1.0), Grade.FAIL),
        (doctor.judge_clock, changed(clock_ahead_s=-60.0), Grade.FAIL),
    ],
)
def test_a_member_is_judged_and_what_is_not_ok_has_a_remedy(judge, member, grade):
    verdict = judge(member)
    assert verdict.grade is grade
    assert bool(verdict.remedy) is (grade is not Grade.OK)
