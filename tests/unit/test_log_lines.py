"""Log lines: whole, in order, each once, and none left behind."""

import os
import subprocess
import sys
from threading import Thread

import pytest

from wallet import log_lines
from wallet.log_lines import LineWriter

IN_A_PROCESS = """
from wallet.logs import configure
import structlog
configure("json", "info")
log = structlog.get_logger()
{}
"""


@pytest.fixture
def pipe():
    """The two ends of a pipe."""
    reading, writing = os.pipe()
    yield reading, writing
    os.close(reading)
    os.close(writing)


def test_gather_until_they_are_flushed(pipe):
    reading, writing = pipe
    os.set_blocking(reading, False)
    writer = LineWriter(writing)

    writer.later(b"one")
    writer.later(b"two")
    with pytest.raises(BlockingIOError):
        os.read(reading, 100)
    writer.flush()

    assert os.read(reading, 100) == b"one\ntwo\n"


def test_of_warnings_are_written_at_once_after_those_before_them(pipe):
    reading, writing = pipe
    writer = LineWriter(writing)
    writer.later(b"one")

    writer.now(b"two")

    assert os.read(reading, 100) == b"one\ntwo\n"


def test_are_never_cut_by_those_of_another_process(pipe, monkeypatch):
    """A pipe takes so many bytes in one piece: no write is longer, and each ends with a line."""
    _, writing = pipe
    pieces = []
    monkeypatch.setattr(log_lines.os, "write", lambda _fd, piece: pieces.append(piece) or len(piece))
    writer = LineWriter(writing)

    for number in range(1_000):
        writer.later(b"%d" % number * 20)
    writer.flush()

    assert len(pieces) > 1
    assert all(len(piece) <= log_lines._ATOMIC and piece.endswith(b"\n") for piece in pieces)
    assert b"".join(pieces) == b"".join(b"%d" % number * 20 + b"\n" for number in range(1_000))


def test_from_many_threads_come_each_once(tmp_path):
    with (tmp_path / "log").open("wb") as file:
        writer = LineWriter(file.fileno())

        def write(name):
            for number in range(500):
                writer.later(b"%d %d" % (name, number))
                if number % 50 == 0:
                    writer.flush()

        threads = [Thread(target=write, args=(name,)) for name in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        writer.flush()

    written = (tmp_path / "log").read_bytes().splitlines()
    assert sorted(written) == sorted(b"%d %d" % (name, number) for name in range(4) for number in range(500))


@pytest.mark.parametrize(
    "end", ["log.info('bye')", "log.info('bye'); raise SystemExit(0)", "log.info('bye'); 1 / 0"]
)
def test_are_all_there_when_a_process_ends(end):
    """Nothing lost: however it ends, short of being killed."""
    ended = subprocess.run(
        [sys.executable, "-c", IN_A_PROCESS.format(end)], capture_output=True, check=False, timeout=30
    )

    assert b'"event":"bye"' in ended.stdout


def test_of_a_process_that_is_killed_are_there_if_they_warn():
    code = "import os; log.info('before'); log.warning('bye'); os._exit(1)"

    ended = subprocess.run(
        [sys.executable, "-c", IN_A_PROCESS.format(code)], capture_output=True, check=False, timeout=30
    )

    assert ended.stdout.count(b"\n") == 2
