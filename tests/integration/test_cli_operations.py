"""`dompet transfers`, `dompet watchers` and `dompet queue`, as operators and their scripts call them."""

import json

import pytest
from click.testing import CliRunner
from factories import (
    balance_of,
    make_transfer,
    open_wallets,
    queue_transfer,
    row_of,
    set_status,
    settle_rows,
    settlement_engine,
)

from wallet import clock
from wallet.cli import main
from wallet.models import WalletStatus
from wallet.store import documents
from wallet.store.membership import Membership
from wallet.store.queue import Queue
from wallet.store.roles import Duty
from watcher.share import DEAD_AFTER_S


@pytest.fixture
def dompet(mongod, monkeypatch):
    """Call the command in this process, for the database of the tests."""
    monkeypatch.setenv("MONGODB_URI", mongod.uri_as(Duty.OPERATOR, "dompet_test"))
    monkeypatch.setenv("MONGODB_DATABASE", "dompet_test")
    monkeypatch.setenv("LOGNAME", "siti")
    return lambda *arguments: CliRunner().invoke(main, list(map(str, arguments)), catch_exceptions=False)


@pytest.fixture
def people(database):
    return open_wallets(database, 2, 1_000)


@pytest.fixture
def parked(database, people):
    transfer = queue_transfer(database, *people, 300)
    Queue(database).park(transfer, "poison")
    return transfer


@pytest.fixture
def forged(database):
    """A parked row that no debit vouches for."""
    transfer = make_transfer(parked=True, failure="no_debit")
    database["transfers"].insert_one(documents.transfer_document(transfer))
    return transfer.id


COMMANDS = [
    ("transfers", "list"),
    ("transfers", "show"),
    ("transfers", "retry"),
    ("transfers", "fail"),
    ("transfers", "park"),
    ("watchers",),
    ("queue",),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_has_an_example_and_the_exit_codes(dompet, command):
    result = dompet(*command, "--help")

    assert result.exit_code == 0
    assert f"  dompet {' '.join(command)}" in result.output
    assert "Exit codes: 0 " in result.output


class TestList:
    @pytest.fixture
    def names(self, database, people, parked):
        """Three transfers by what they are."""
        waits, failed = queue_transfer(database, *people, 20), queue_transfer(database, *people, 30)
        settlement_engine(database).give_up({failed: "poison"}, clock.now())
        return {"parked": parked, "waits": waits, "failed": failed}

    def test_is_what_waits_and_what_is_parked(self, dompet, database, people, parked):
        waits = queue_transfer(database, *people, 20)

        lines = dompet("transfers", "list").output.splitlines()

        assert lines[0].startswith("accepted (UTC)")
        assert str(waits) in lines[1]
        assert "PENDING" in lines[1]
        assert str(parked) in lines[2]
        assert "PARKED" in lines[2]
        assert lines[2].endswith("Rp 300  poison")

    @pytest.mark.parametrize(
        ("filters", "found"),
        [
            (["--parked"], {"parked"}),
            (["--status", "FAILED"], {"failed"}),
            (["--status", "PENDING", "--since", "1h"], {"waits", "parked"}),
            (["--since", "2000-01-01", "--limit", "1"], {"waits"}),
            (["--since", "2999-01-01T00:00:00+07:00"], set()),
        ],
    )
    def test_filters(self, dompet, names, filters, found):
        listed = json.loads(dompet("transfers", "list", "--json", *filters).output)

        assert {one["id"] for one in listed} == {str(names[name]) for name in found}

    @pytest.mark.parametrize("side", ["--sender", "--target"])
    def test_of_somebody_is_everything_there_is(self, dompet, database, people, parked, side):
        settled = queue_transfer(database, *people, 10)
        settle_rows(settlement_engine(database), Queue(database).named([settled]).transfers)
        somebody = people[0] if side == "--sender" else people[1]

        listed = json.loads(dompet("transfers", "list", side, somebody, "--json").output)

        assert [one["id"] for one in listed] == [str(parked), str(settled)]

    def test_of_nothing_says_so(self, dompet, database):
        assert database["transfers"].count_documents({}) == 0
        assert dompet("transfers", "list").output == "none\n"

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (["--status", "SUCCESS"], "add --sender or --target"),
            (["--parked", "--status", "FAILED"], "--parked does not go with"),
            (["--since", "yesterday"], "no duration such as 12h"),
            (["--since", "999999d"], "no duration such as 12h"),
            (["--sender", "Siti"], "not a valid UUID"),
        ],
    )
    def test_a_wrong_command_line_says_how_to_mend_it(self, dompet, arguments, says):
        result = dompet("transfers", "list", *arguments)

        assert result.exit_code == 2
        assert says in result.output


class TestShow:
    def test_tells_the_row_the_entries_and_the_timeline(self, dompet, people, parked):
        output = dompet("transfers", "show", parked).output

        assert "state           PARKED: its attempts failed again and again" in output
        assert f"TRANSFER_OUT  Rp 300  wallet {people[0]}  balance Rp 1,000 -> Rp 700" in output
        assert "  accepted" in output
        assert output.endswith("parked  poison\n")

    def test_for_programs(self, dompet, parked):
        shown = json.loads(dompet("transfers", "show", parked, "--json").output)

        assert shown["transfer"]["parked"] is True
        assert [entry["kind"] for entry in shown["entries"]] == ["TRANSFER_OUT"]
        assert [event["name"] for event in shown["timeline"]] == ["accepted", "parked"]

    @pytest.mark.forged
    def test_says_when_no_money_was_ever_taken(self, dompet, forged):
        assert "no money was ever taken for it" in dompet("transfers", "show", forged).output

    def test_of_a_transfer_that_is_not_there(self, dompet):
        result = dompet("transfers", "show", make_transfer().id)

        assert (result.exit_code, result.stderr) == (1, "dompet: There is no transfer with this id\n")


class TestDryRun:
    """It says what would happen, with the balances, and changes nothing."""

    @pytest.fixture(autouse=True)
    def nothing_changes(self, database, people, parked):
        before = row_of(database, parked)
        yield
        assert row_of(database, parked) == before
        assert [balance_of(database, one) for one in people] == [700, 1_000]

    def test_of_a_retry_that_would_credit(self, dompet, people, parked):
        result = dompet("transfers", "retry", parked, "--dry-run")

        assert result.exit_code == 0
        assert "The watchers would credit the target." in result.output
        assert f"TRANSFER_IN   Rp 300  wallet {people[1]}  balance Rp 1,000 -> Rp 1,300" in result.output

    def test_of_a_retry_that_would_refund(self, dompet, database, people, parked):
        set_status(database, people[1], WalletStatus.CLOSED)

        output = dompet("transfers", "retry", parked, "--dry-run").output

        assert "The sender would get the money back: the target's wallet is frozen or closed." in output
        assert f"REFUND        Rp 300  wallet {people[0]}  balance Rp 700 -> Rp 1,000" in output

    def test_for_programs(self, dompet, parked):
        [line] = dompet("transfers", "fail", parked, "--dry-run", "--json").output.splitlines()
        prospect = json.loads(line)

        assert (prospect["would_be"], prospect["dry_run"]) == ("refunded", True)
        assert (prospect["entry"]["before"], prospect["entry"]["after"]) == (700, 1_000)

    def test_reckons_with_the_cap(self, dompet, parked):
        result = dompet("transfers", "fail", parked, "--dry-run", "--cap", 900)

        assert result.exit_code == 1
        assert "the balance would exceed the highest one allowed" in result.output

    def test_of_what_is_refused_is_an_exit_code(self, dompet, parked):
        result = dompet("transfers", "park", parked, "--dry-run")

        assert result.exit_code == 1
        assert "it is parked already; retry it or fail it" in result.output


class TestActing:
    def test_a_retry_hands_it_back(self, dompet, database, parked):
        result = dompet("transfers", "retry", parked, "--reason", "the target is back")

        assert result.exit_code == 0
        assert result.stdout.startswith(f"{parked}  handed to the watchers")
        assert row_of(database, parked)["parked"] is False

    def test_the_event_goes_to_stderr_with_the_reason(self, dompet, parked):
        result = dompet("transfers", "retry", parked, "--reason", "the target is back")

        event = json.loads(result.stderr)
        assert (event["event"], event["action"]) == ("operator_acted", "retry")
        assert event["transfer_id"] == str(parked)
        assert (event["reason"], event["operator"]) == ("the target is back", "siti")

    def test_a_fail_refunds_and_says_so(self, dompet, database, people, parked):
        result = dompet("transfers", "fail", parked, "--reason", "case 4711")

        assert result.exit_code == 0
        assert "refunded" in result.stdout
        assert "balance Rp 700 -> Rp 1,000" in result.stdout
        assert balance_of(database, people[0]) == 1_000

    def test_a_park_parks(self, dompet, database, people):
        waits = queue_transfer(database, *people, 20)

        result = dompet("transfers", "park", waits, "--reason", "looks odd", "--json")

        assert json.loads(result.stdout)["transfer"]["parked"] is True
        assert row_of(database, waits)["failure"] == "parked_by_operator"

    @pytest.mark.forged
    def test_one_that_is_refused_does_not_stop_the_others(self, dompet, database, parked, forged):
        result = dompet("transfers", "fail", forged, make_transfer().id, parked, "--reason", "case 4711")

        assert result.exit_code == 1
        assert f"dompet: {forged}: Cannot fail this transfer: the ledger took nothing for it" in result.stderr
        assert "leave it parked" in result.stderr
        assert row_of(database, parked)["status"] == "FAILED"

    @pytest.mark.parametrize("action", ["retry", "fail", "park"])
    def test_without_a_reason_is_a_wrong_command_line(self, dompet, parked, action):
        result = dompet("transfers", action, parked)

        assert result.exit_code == 2
        assert "Say why with --reason, or look first with --dry-run." in result.output

    def test_a_reason_that_says_nothing_is_told(self, dompet, database, parked):
        result = dompet("transfers", "fail", parked, "--reason", " ")

        assert result.exit_code == 1
        assert "reason must not be empty" in result.stderr
        assert row_of(database, parked)["status"] == "PENDING"


class TestWatchers:
    def test_tells_who_is_alive_and_what_each_prefers(self, dompet, database):
        for name in ("a", "b"):
            Membership(database, name, dead_after_s=DEAD_AFTER_S).beat()

        listed = json.loads(dompet("watchers", "--json").output)

        assert [(one["name"], one["alive"]) for one in listed] == [("a", True), ("b", True)]
        assert sorted(listed[0]["partitions"] + listed[1]["partitions"]) == list(range(64))

    def test_tells_who_is_dead(self, dompet, database):
        Membership(database, "a", dead_after_s=DEAD_AFTER_S).beat()
        database["watchers"].update_one({"_id": "a"}, [{"$set": {"beat": {"$subtract": ["$$NOW", 60_000]}}}])

        result = dompet("watchers")

        assert result.exit_code == 1
        assert "DEAD   heard of 60." in result.output

    def test_without_any_says_what_to_do(self, dompet, database):
        assert database["watchers"].count_documents({}) == 0
        result = dompet("watchers")
        assert (result.exit_code, result.output.startswith("nobody: start a watcher")) == (1, True)


class TestQueue:
    def test_counts_by_watcher_and_partition(self, dompet, database, people, parked):
        queue_transfer(database, *people, 20)
        Membership(database, "a", dead_after_s=DEAD_AFTER_S).beat()

        counted = json.loads(dompet("queue", "--json").output)

        assert (counted["waiting"], counted["parked"], counted["in_flight_rupiah"]) == (1, 1, 320)
        assert 0 < counted["oldest_age_seconds"] < 60
        assert counted["watchers"]["a"]["waiting"] == 1
        [partition] = counted["partitions"]
        assert partition["partition"] == row_of(database, parked)["partition"]

    @pytest.mark.usefixtures("parked")
    def test_for_people(self, dompet):
        output = dompet("queue").output

        assert "parked                  1\n" in output
        assert "Rp 300" in output
        assert "\nnobody\n" in output, "no watcher is there to prefer its partition"

    def test_of_nothing(self, dompet, database):
        assert database["transfers"].count_documents({}) == 0
        assert dompet("queue").output.startswith("waiting                 0  oldest 0.0 s\n")
