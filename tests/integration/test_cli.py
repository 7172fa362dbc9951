"""The command `dompet`, as people and scripts call it."""

import json
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from uuid import UUID, uuid4

import pytest
from click.testing import CliRunner
from factories import open_wallet, open_wallets, queue_transfer

from wallet.cli import main
from wallet.pins import Peppers, PinHasher, Verdict
from wallet.store.client import open_database
from wallet.store.dump import dump
from wallet.store.migrate import migrate, pending_migrations
from wallet.store.roles import Duty

COMMANDS = ("up", "roles", "migrate", "seed", "dump", "audit", "doctor", "queue", "transfers", "watchers")
INTERRUPTED = 130
PEPPER = "a-pepper-of-the-caller-long-enough"


@pytest.fixture
def dompet(mongod, monkeypatch, tmp_path):
    """Call the command in this process, for the database of the tests."""
    monkeypatch.setenv("MONGODB_URI", mongod.uri)
    monkeypatch.setenv("MONGODB_DATABASE", "dompet_test")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("PIN_PEPPER", raising=False)
    return lambda *arguments: CliRunner().invoke(main, arguments, catch_exceptions=False)


@pytest.fixture
def other(client):
    """A database of which the command has to make something."""
    database = open_database(client, f"dompet_{uuid4().hex[:8]}")
    yield database
    client.drop_database(database.name)


@pytest.fixture
def folder(database, tmp_path):
    """A dump with one demo user."""
    user, _ = open_wallets(database, 2, balance=1_000)
    dump(database, tmp_path / "dump")
    published = [{"name": "Guntur", "phone_number": "08111", "pin": "123456", "user_id": str(user)}]
    (tmp_path / "dump" / "demo-users.json").write_text(json.dumps(published))
    return tmp_path / "dump"


def start(*arguments, **streams):
    command = [sys.executable, "-m", "wallet.cli", *arguments]
    return subprocess.Popen(command, preexec_fn=hear_interrupts, **streams)  # noqa: PLW1509 - one system call


def hear_interrupts():
    """Be as in a terminal: what a script starts in the background would be deaf to Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_help_names_every_command(dompet):
    result = dompet("--help")
    assert result.exit_code == 0
    assert all(f"\n  {name} " in result.output for name in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(dompet, command):
    result = dompet(command, "--help")
    assert result.exit_code == 0
    assert result.output.startswith("Usage: ")


@pytest.mark.parametrize("command", ["roles", "migrate", "seed", "dump", "audit", "doctor"])
def test_help_has_an_example_and_the_exit_codes(dompet, command):
    output = dompet(command, "--help").output
    assert f"  dompet {command}" in output
    assert "Exit codes: 0 " in output


def test_help_loads_nothing_slow():
    program = "import sys; from wallet.cli import main; main(['--help'], standalone_mode=False);"
    program += "sys.exit(str({'pymongo', 'rich', 'pydantic'} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert result.stderr.strip() == "set()"


def test_an_unknown_command_is_a_wrong_command_line(dompet):
    assert dompet("fly").exit_code == 2


# How the database is found


def test_the_server_of_dompet_up_is_found_by_its_file(dompet, mongod, monkeypatch, tmp_path):
    monkeypatch.delenv("MONGODB_URI")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "mongodb-uri").write_text(f"{mongod.uri}\n")
    assert dompet("doctor").exit_code in {0, 1}
    assert "ok    server version" in dompet("doctor").output


def test_without_any_server_it_says_what_to_do(dompet, monkeypatch):
    monkeypatch.setenv("MONGODB_URI", "")
    result = dompet("audit")
    assert result.exit_code == 1
    assert result.output == (
        "dompet: No database is named: start one with `dompet up`, or give --uri, or set MONGODB_URI\n"
    )


def test_a_server_that_does_not_answer_is_named_in_one_line(dompet):
    result = dompet("audit", "--uri", "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=100")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("dompet: No MongoDB server that takes writes answers at 127.0.0.1:1:")
    assert result.stderr.count("\n") == 1


def test_what_is_no_connection_string_is_told(dompet):
    result = dompet("audit", "--uri", "mongodb://a:b:c/")
    assert result.exit_code == 1
    assert result.stderr.startswith("dompet: This is not a connection string of MongoDB: ")


def test_the_database_can_be_chosen(dompet, other):
    assert dompet("migrate", "--database", other.name).exit_code == 0
    assert "wallets" in other.list_collection_names()


# migrate


def test_migrate_tells_what_it_applied_and_then_that_there_is_nothing_left(dompet, other):
    missing = pending_migrations(other)
    assert missing[0] == "m0001_collections"
    first = dompet("migrate", "--database", other.name)
    assert first.output == "".join(f"applied {name}\n" for name in missing)
    again = dompet("migrate", "--database", other.name)
    assert (again.exit_code, again.output) == (0, "nothing to do: all migrations are applied\n")


# seed and dump


def test_seed_loads_and_proves(dompet, folder, other):
    migrate(other)
    result = dompet("seed", str(folder), "--database", other.name)
    assert result.exit_code == 0
    assert result.stdout.endswith("ok: every promise is kept\n")
    assert result.stderr == "wallets: 2\nentries: 2\ntransfers: 0\nusers: 2\n"


def test_seed_lets_the_demo_users_log_in_under_the_callers_pepper(dompet, folder, other, monkeypatch):
    monkeypatch.setenv("PIN_PEPPER", PEPPER)
    migrate(other)
    dompet("seed", str(folder), "--database", other.name)
    [published] = json.loads((folder / "demo-users.json").read_text())
    users = {user["_id"]: user["pin_hash"] for user in other["users"].find()}
    pin_hash = users.pop(UUID(published["user_id"]))
    assert PinHasher(Peppers(PEPPER)).check("123456", pin_hash) is Verdict.RIGHT
    assert set(users.values()) == {"$argon2id$of nobody"}


def test_seed_refuses_a_database_with_users(dompet, folder):
    result = dompet("seed", str(folder))
    assert result.exit_code == 1
    assert result.stderr == "dompet: The database has users already: only an empty one can be loaded\n"


def test_seed_if_empty_leaves_a_database_with_users_alone(dompet, folder):
    result = dompet("seed", str(folder), "--if-empty")
    assert (result.exit_code, result.output) == (0, "there are users already: nothing is loaded\n")


def test_seed_refuses_a_database_that_was_never_migrated(dompet, folder, other):
    result = dompet("seed", str(folder), "--database", other.name)
    assert (result.exit_code, result.stderr) == (
        1,
        "dompet: Migrations are missing: run `dompet migrate` first\n",
    )


@pytest.mark.forged
def test_seed_tells_when_the_ledger_it_loaded_is_wrong(dompet, database, other, tmp_path):
    wallet = open_wallet(database, 1_000)
    database["wallets"].update_one({"_id": wallet}, {"$inc": {"balance": 1}})
    dump(database, tmp_path)
    migrate(other)
    result = dompet("seed", str(tmp_path), "--database", other.name)
    assert result.exit_code == 1
    assert "BROKEN" in result.stdout


@pytest.mark.parametrize("text", ["", '[{"name": "?"}]', '[{"user_id": "?", "pin": "1"}]'])
def test_seed_refuses_demo_users_it_cannot_read(dompet, folder, other, monkeypatch, text):
    monkeypatch.setenv("PIN_PEPPER", PEPPER)
    migrate(other)
    (folder / "demo-users.json").write_text(text)
    result = dompet("seed", str(folder), "--database", other.name)
    assert result.exit_code == 1
    assert "demo-users.json is not a list of objects with user_id and pin" in result.stderr
    assert other["users"].count_documents({}) == 0


def test_dump_tells_what_it_wrote(dompet, database, tmp_path):
    open_wallets(database, 2, balance=10)
    result = dompet("dump", str(tmp_path))
    assert result.exit_code == 0
    migrations = database["migrations"].count_documents({})
    assert result.output == (
        f"wrote {tmp_path}/dompet_test: 2 users, 2 wallets, 2 entries, 0 transfers, {migrations} migrations\n"
    )


def test_dump_into_a_file_is_one_line(dompet, database, tmp_path):
    (tmp_path / database.name).touch()
    assert dompet("dump", str(tmp_path)).stderr.count("\n") == 1
    (tmp_path / "file").touch()
    result = dompet("dump", str(tmp_path / "file" / "below"))
    assert result.exit_code == 1
    assert result.stderr.startswith("dompet: ")


# audit


def test_audit_prints_what_it_counted(dompet, database):
    queue_transfer(database, *open_wallets(database, 2, balance=1_000_000), 2_500)
    result = dompet("audit")
    assert result.exit_code == 0
    assert [line.split() for line in result.output.splitlines()] == [
        ["users", "2"],
        ["wallets", "2", "Rp", "1,997,500"],
        ["entries", "3"],
        ["TOP_UP", "2", "Rp", "2,000,000"],
        ["PAYMENT", "0", "Rp", "0"],
        ["TRANSFER_OUT", "1", "Rp", "2,500"],
        ["TRANSFER_IN", "0", "Rp", "0"],
        ["REFUND", "0", "Rp", "0"],
        ["transfers", "1", "1", "PENDING,", "0", "SUCCESS,", "0", "FAILED", "(0", "parked)"],
        ["in", "flight", "Rp", "2,500"],
        ["ok:", "every", "promise", "is", "kept"],
    ]


@pytest.mark.forged
def test_audit_exits_1_and_names_the_first_offenders(dompet, database):
    wallets = open_wallets(database, 3, balance=1_000)
    database["wallets"].update_many({}, {"$inc": {"balance": 1}})
    result = dompet("audit", "--first", "2")
    assert result.exit_code == 1
    *_, verdict, first, second = result.output.splitlines()
    assert verdict == "BROKEN: 4 offences, the first 2:"
    assert first == f"  P6 wallet {min(wallets)}: its balance is 1001, its entries end at 1000"
    assert second.startswith("  P6 wallet ")


@pytest.mark.forged
def test_audit_json_is_for_programs(dompet, database):
    wallet = open_wallet(database, 1_000)
    report = json.loads(dompet("audit", "--json").output)
    assert report["clean"] is True
    assert report["counts"]["entries"] == {"TOP_UP": 1}
    assert report["counts"]["balances"] == 1_000
    database["users"].delete_one({"_id": wallet})
    result = dompet("audit", "--json")
    assert result.exit_code == 1
    assert json.loads(result.output)["offences"] == [
        {"promise": "P6", "subject": f"wallet {wallet}", "fault": "belongs to no user"}
    ]


def test_audit_since_says_what_it_did_not_look_at(dompet, database):
    open_wallets(database, 2, balance=1_000)
    result = dompet("audit", "--since", "1h")
    assert result.exit_code == 0
    assert "UTC: users and conservation (P1) are not looked at" in result.output
    assert json.loads(dompet("audit", "--since", "1h", "--json").output)["counts"]["entries"] == {"TOP_UP": 2}


@pytest.mark.parametrize("since", ["2030-01-01", "2030-01-01T08:00", "2030-01-01T08:00+07:00"])
def test_audit_since_takes_dates(dompet, database, since):
    open_wallet(database, balance=1_000)
    counts = json.loads(dompet("audit", "--since", since, "--json").output)["counts"]
    assert (counts["wallets"], counts["entries"]) == (1, {})


@pytest.mark.parametrize("since", ["yesterday", "12", "5y", "2026-13-01", "999999w"])
def test_audit_since_refuses_what_means_nothing(dompet, since):
    result = dompet("audit", "--since", since)
    assert result.exit_code == 2
    assert "no duration such as" in result.output


@pytest.mark.forged
def test_audit_since_exits_1_when_a_promise_is_broken(dompet, database):
    wallet = open_wallet(database, balance=1_000)
    database["wallets"].update_one({"_id": wallet}, {"$inc": {"balance": 1}})
    assert dompet("audit", "--since", "1h").exit_code == 1


def test_audit_takes_the_cap_of_the_environment(dompet, database, monkeypatch):
    open_wallet(database, 1_000)
    monkeypatch.setenv("BALANCE_CAP", "999")
    result = dompet("audit")
    assert result.exit_code == 1
    assert "is not in 0..999" in result.output


# doctor


@pytest.mark.usefixtures("database")
def test_doctor_exits_0_when_nothing_fails(dompet, mongod):
    result = dompet("doctor", "--uri", mongod.uri_as(Duty.OPERATOR, "dompet_test"))
    assert result.exit_code == 0
    assert all(line.startswith("ok ") for line in result.output.splitlines())


def test_doctor_exits_1_and_tells_the_remedy(dompet, client):
    nowhere = open_database(client, "dompet_nowhere")
    result = dompet("doctor", "--database", "dompet_nowhere")
    assert result.exit_code == 1
    missing = ", ".join(pending_migrations(nowhere))
    assert f"\nFAIL  migrations         {missing} not applied -> run `dompet migrate`\n" in result.output


@pytest.mark.usefixtures("database")
def test_doctor_json_is_for_programs(dompet):
    findings = json.loads(dompet("doctor", "--json").output)
    assert findings[0] == {"question": "server version", "grade": "ok", "answer": "6.0.5", "remedy": ""}


# Terminals


@pytest.fixture
def slow_finds(client):
    """Every search takes seconds, so that there is time for Ctrl-C."""
    client.admin.command(
        {
            "configureFailPoint": "failCommand",
            "mode": "alwaysOn",
            "data": {
                "failCommands": ["find"],
                "appName": "dompet-audit",
                "blockConnection": True,
                "blockTimeMS": 2_000,
            },
        }
    )
    yield
    client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})


def wait_until_it_searches(client):
    deadline = time.monotonic() + 10
    running = {"appName": "dompet-audit", "command.find": {"$exists": True}}
    while not list(client.admin.aggregate([{"$currentOp": {"allUsers": True}}, {"$match": running}])):
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.usefixtures("dompet", "slow_finds")
def test_ctrl_c_ends_it_quietly(client):
    process = start("audit", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_until_it_searches(client)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=10)
    assert (process.returncode, stdout, stderr) == (INTERRUPTED, b"", b"")


@pytest.mark.usefixtures("dompet")
def test_at_a_terminal_bars_are_drawn_on_stderr(database):
    open_wallets(database, 3, balance=1_000)
    terminal, stderr = pty.openpty()
    process = start("audit", stdout=subprocess.PIPE, stderr=stderr)
    os.close(stderr)
    stdout, _ = process.communicate(timeout=60)
    drawn = _drain(terminal)
    os.close(terminal)
    assert process.returncode == 0
    assert "entries by wallet" in drawn
    assert stdout.decode().endswith("ok: every promise is kept\n")


def _drain(terminal):
    """All that was drawn: the slower the machine the more often, and a read gives 4 KB of it."""
    drawn = b""
    with suppress(OSError):  # so a terminal says that nobody writes any more
        while chunk := os.read(terminal, 65_536):
            drawn += chunk
    return drawn.decode()


def test_doctor_waits_for_the_migrations(dompet, other, monkeypatch):
    """As an init container does while `dompet migrate` runs elsewhere."""
    monkeypatch.setenv("MONGODB_DATABASE", other.name)
    late = threading.Timer(0.7, migrate, [other])
    late.start()
    began = time.monotonic()
    result = dompet("doctor", "--wait", "30")
    late.join()
    assert result.exit_code == 0
    assert 0.7 <= time.monotonic() - began < 10


def test_doctor_waits_no_longer_than_it_is_told(dompet, other, monkeypatch):
    monkeypatch.setenv("MONGODB_DATABASE", other.name)
    began = time.monotonic()
    result = dompet("doctor", "--wait", "0.5")
    assert result.exit_code == 1
    assert "not applied" in result.output
    assert 0.5 <= time.monotonic() - began < 5
