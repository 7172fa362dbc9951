"""The embedded server, killed and misled for real."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pymongo import MongoClient

from wallet.embedded import EmbeddedServer, EmbeddedServerError, binary, server

PATIENCE_SECONDS = 20
MISSING_LIBCURL = "error while loading shared libraries: libcurl.so.4: cannot open shared object file"


def write(uri: str, value: int) -> None:
    with MongoClient(uri) as client:
        client.test.numbers.insert_one({"value": value})


def numbers(uri: str) -> list[int]:
    with MongoClient(uri) as client:
        return [number["value"] for number in client.test.numbers.find(sort={"value": 1})]


@pytest.fixture
def fake_mongod(tmp_path, monkeypatch):
    def fake(script: str) -> None:
        program = tmp_path / "mongod"
        program.write_text(f"#!/bin/bash\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setattr(server, "find_mongod", lambda: program)

    return fake


def test_it_takes_transactions_and_has_change_streams(tmp_path):
    with EmbeddedServer(tmp_path) as embedded, MongoClient(embedded.uri) as client:
        numbers = client.test.create_collection("numbers")
        with numbers.watch() as changes:
            with client.start_session() as session:
                session.with_transaction(lambda session: numbers.insert_one({"value": 1}, session=session))

            assert changes.next()["fullDocument"]["value"] == 1


def test_data_survives_kill_9(tmp_path):
    with EmbeddedServer(tmp_path) as embedded:
        write(embedded.uri, 1)

        os.kill(embedded.pid, signal.SIGKILL)
        embedded.start()

        assert numbers(embedded.uri) == [1]


def test_data_moves_to_another_port(tmp_path):
    with EmbeddedServer(tmp_path) as first:
        write(first.uri, 1)
    with EmbeddedServer(tmp_path) as second:
        write(second.uri, 2)

        assert second.uri != first.uri
        assert numbers(second.uri) == [1, 2]


def test_failpoints_are_for_tests_only(tmp_path):
    with EmbeddedServer(tmp_path) as embedded, MongoClient(embedded.uri) as client:
        assert client.admin.command("getParameter", 1, enableTestCommands=1)["enableTestCommands"] is False


def test_stop_leaves_nothing_running(tmp_path):
    with EmbeddedServer(tmp_path) as embedded:
        pid = embedded.pid

    assert not Path(f"/proc/{pid}").exists()


def test_a_second_server_on_the_same_data_says_who_holds_it(tmp_path):
    with (
        EmbeddedServer(tmp_path) as embedded,
        pytest.raises(
            EmbeddedServerError, match=rf"Another mongod \(pid {embedded.pid}\).* \(kill {embedded.pid}\)"
        ),
    ):
        EmbeddedServer(tmp_path).start()


def test_a_port_that_another_server_took_meanwhile_is_named(tmp_path):
    with EmbeddedServer(tmp_path / "theirs") as theirs:
        port = int(theirs.uri.rpartition(":")[2].partition("/")[0])

        with pytest.raises(EmbeddedServerError, match=f"Port {port} was taken"):
            EmbeddedServer(tmp_path / "ours", port=port).start()

        write(theirs.uri, 1)


@pytest.mark.parametrize(
    ("script", "advice"),
    [
        (f"echo mongod: {MISSING_LIBCURL} >&2; exit 127", "apt-get install libcurl4"),
        ("kill -ILL $$", "Set MONGODB_URI"),
        ("echo No space left on device; exit 100", "disk is full"),
        ("echo Permission denied; exit 100", "Make that writable"),
        ("echo Wrong mongod version; exit 62", "written by another version"),
    ],
)
def test_a_mongod_that_cannot_start_says_how_to_mend_it(tmp_path, fake_mongod, script, advice):
    fake_mongod(script)

    with pytest.raises(EmbeddedServerError, match=advice):
        EmbeddedServer(tmp_path).start()


def test_a_failure_nobody_foresaw_shows_what_mongod_said(tmp_path, fake_mongod):
    log = tmp_path / "mongod.log"
    fake_mongod(f"""echo '{{"s":"F","msg":"boom"}}' >> {log}; echo cut | tee -a {log}; exit 14""")

    with pytest.raises(EmbeddedServerError, match="exited with code 14\ncut\nboom"):
        EmbeddedServer(tmp_path).start()


def test_complaints_of_earlier_runs_are_history(tmp_path, fake_mongod):
    (tmp_path / "mongod.log").write_text('{"s":"E","msg":"DBPathInUse"}\n')
    fake_mongod("exit 1")

    with pytest.raises(EmbeddedServerError, match=r"exited with code 1$"):
        EmbeddedServer(tmp_path).start()


def test_a_mongod_that_never_takes_writes_is_given_up(tmp_path, fake_mongod, monkeypatch):
    monkeypatch.setattr("wallet.embedded.startup.START_SECONDS", 0.1)
    fake_mongod("exec sleep 60")

    with pytest.raises(EmbeddedServerError, match="takes no writes"):
        EmbeddedServer(tmp_path).start()


def test_a_directory_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(EmbeddedServerError, match="file/mongodb cannot be made"):
        EmbeddedServer(tmp_path / "file").start()


def test_an_interrupted_start_leaves_nothing_running(tmp_path):
    embedded = EmbeddedServer(tmp_path)

    with pytest.raises(KeyboardInterrupt):
        embedded.start(pause=interrupt)

    assert not Path(f"/proc/{embedded.pid}").exists()


def interrupt() -> None:
    raise KeyboardInterrupt


def test_a_server_that_was_not_started_has_no_pid(tmp_path):
    with pytest.raises(EmbeddedServerError, match="not started"):
        _ = EmbeddedServer(tmp_path).pid


def test_without_the_wheel_the_mongod_on_path_is_taken(tmp_path, monkeypatch):
    monkeypatch.setattr(binary, "WHEEL_PACKAGE", "no_such_package")
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(EmbeddedServerError, match="put a mongod on PATH"):
        binary.find_mongod()

    (tmp_path / "mongod").touch(mode=0o755)
    assert binary.find_mongod() == tmp_path / "mongod"


PARENT = """
import sys, time
from pathlib import Path
from wallet.embedded import EmbeddedServer

embedded = EmbeddedServer(Path(sys.argv[1]))
embedded.start()
print(embedded.pid, flush=True)
time.sleep(60)
"""


def test_it_dies_with_a_parent_that_is_killed(tmp_path):
    argv = [sys.executable, "-c", PARENT, str(tmp_path)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as parent:
        mongod = Path(f"/proc/{parent.stdout.readline().strip()}/exe")
        assert mongod.readlink().name == "mongod"
        parent.kill()

    deadline = time.monotonic() + PATIENCE_SECONDS
    while mongod.exists():
        assert time.monotonic() < deadline, "mongod outlived its parent"
        time.sleep(0.05)
