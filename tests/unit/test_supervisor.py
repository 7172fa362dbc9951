"""The supervisor, with real child processes that are small enough for unit tests."""

import io
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Timer

import pytest

from wallet.supervisor import tether
from wallet.supervisor.console import Console
from wallet.supervisor.errors import ChildKeepsDying, JobFailed, KillRequested, StopRequested
from wallet.supervisor.process import Process
from wallet.supervisor.restarts import RestartPolicy
from wallet.supervisor.spec import ChildSpec
from wallet.supervisor.stop_signals import SAME_REQUEST_SECONDS, StopSignals
from wallet.supervisor.supervisor import Supervisor

FAST = RestartPolicy(first_delay_seconds=0.01, longest_delay_seconds=0.02, deaths_allowed=3)
PATIENCE_SECONDS = 10
SLEEPER = "echo sleeping; exec sleep 60"


@pytest.fixture
def output():
    return io.StringIO()


@pytest.fixture
def supervisor(output):
    console = Console(output, colour=False)
    with Supervisor(
        "boss", console, lambda _: time.sleep(0.01), policy=FAST, grace_seconds=0.3
    ) as supervisor:
        yield supervisor


def shell(name: str, script: str) -> ChildSpec:
    return ChildSpec(name, ["bash", "-c", script])


def wait_until(condition: Callable[[], object], pause: Callable[[], None] = lambda: time.sleep(0.01)) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        pause()


def is_alive(pid: int) -> bool:
    """A zombie is dead: in a container nobody may ever reap an orphan."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def pids_of(name: str, output: io.StringIO) -> list[int]:
    return [int(pid) for pid in re.findall(rf"{name} +\| pid (\d+)", output.getvalue())]


def test_every_line_of_a_child_carries_its_name(supervisor, output):
    supervisor.run(shell("talker", "echo one; echo two >&2"))

    assert output.getvalue().splitlines() == ["talker     | one", "talker     | two"]


def test_each_name_has_its_colour_on_a_terminal(output):
    console = Console(output, colour=True)
    for name in ("a", "b", "a"):
        console.writer(name)("line")

    first, second, third = output.getvalue().splitlines()
    assert first == third
    assert first[:5] != second[:5]


def test_a_job_that_fails_is_named_and_shows_what_it_said(supervisor):
    with pytest.raises(JobFailed, match=r"migrate exited with code 3\nno such database"):
        supervisor.run(shell("migrate", "echo no such database; exit 3"))


def test_a_child_that_is_killed_is_named_and_started_again(supervisor, output):
    supervisor.start(shell("pod", f"echo pid $$; {SLEEPER}"))
    wait_until(lambda: pids_of("pod", output))
    [pid] = pids_of("pod", output)

    os.kill(pid, signal.SIGKILL)

    wait_until(lambda: len(pids_of("pod", output)) == 2, supervisor.pause)
    assert f"pod (pid {pid}) was killed by SIGKILL; starting it again in 0.01 s" in output.getvalue()
    assert is_alive(pids_of("pod", output)[1])


def test_what_a_dead_child_started_is_dead_before_the_next_one_starts(supervisor, output):
    supervisor.start(shell("master", "sleep 60 & echo pid $!; wait"))
    wait_until(lambda: pids_of("master", output))
    [worker] = pids_of("master", output)

    os.kill(os.getpgid(worker), signal.SIGKILL)

    wait_until(lambda: len(pids_of("master", output)) == 2, supervisor.pause)
    assert not is_alive(worker)


def test_a_child_that_keeps_dying_ends_everything_with_its_last_lines(supervisor, output):
    supervisor.start(shell("pod", "echo cannot think; exit 7"))

    with pytest.raises(
        ChildKeepsDying, match=r"pod \(pid \d+\) exited with code 7, 3 times in a row\ncannot think"
    ):
        wait_until(lambda: False, supervisor.pause)

    assert output.getvalue().count("starting it again") == 2


def test_the_last_lines_of_a_child_with_a_log_file_are_those_of_the_file(tmp_path):
    log = tmp_path / "log"
    log.write_text("".join(f"line {number}\n" for number in range(100)))
    process = Process(ChildSpec("server", ["true"], log=log))

    process.stop(1)

    assert process.last_lines() == [f"line {number}" for number in range(80, 100)]


def test_the_delay_doubles_up_to_its_limit():
    policy = RestartPolicy()

    assert [policy.delay_seconds(deaths) for deaths in range(1, 8)] == [0.5, 1, 2, 4, 8, 10, 10]


def test_a_stable_period_forgets_the_deaths_before_it():
    policy = RestartPolicy(stable_seconds=30, deaths_allowed=5)

    assert policy.deaths(4, lived_seconds=29.9) == 5
    assert policy.deaths(4, lived_seconds=30) == 1
    assert policy.gives_up(5)
    assert not policy.gives_up(4)


def test_children_stop_in_reverse_order(output):
    with Supervisor("boss", Console(output, colour=False), time.sleep) as supervisor:
        for name in ("database", "api", "watcher"):
            supervisor.start(
                shell(name, "trap 'echo bye; exit' TERM; echo ready; while :; do sleep 0.01; done")
            )
        wait_until(lambda: output.getvalue().count("ready") == 3)

    assert re.findall(r"(\w+) +\| bye", output.getvalue()) == ["watcher", "api", "database"]


def test_a_child_that_ignores_the_request_is_killed_with_its_group(supervisor, output):
    supervisor.start(shell("rock", "trap '' TERM; sleep 60 & echo pid $!; echo pid $$; wait; sleep 60"))
    wait_until(lambda: len(pids_of("rock", output)) == 2)

    supervisor.__exit__(None, None, None)

    # The signal was sent; the kernel may need a moment for a whole group.
    wait_until(lambda: not any(is_alive(pid) for pid in pids_of("rock", output)))


def test_the_first_signal_asks_to_stop():
    with StopSignals() as signals:
        os.kill(os.getpid(), signal.SIGTERM)

        with pytest.raises(StopRequested):
            signals.pause(0)


def test_the_same_request_heard_twice_is_one_request():
    with StopSignals() as signals:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)

        with pytest.raises(StopRequested):
            signals.pause(0)


def test_the_second_signal_kills_at_once(output):
    with pytest.raises(KillRequested) as request:
        run_a_rock_and_ask_twice(output)

    assert request.value.exit_code == 128 + signal.SIGTERM
    assert not is_alive(*pids_of("rock", output))


def run_a_rock_and_ask_twice(output: io.StringIO) -> None:
    console = Console(output, colour=False)
    with StopSignals() as signals, Supervisor("boss", console, signals.pause, grace_seconds=60) as supervisor:
        supervisor.start(shell("rock", "trap '' TERM; echo pid $$; while :; do sleep 0.01; done"))
        wait_until(lambda: pids_of("rock", output))
        terminate_us()
        Timer(SAME_REQUEST_SECONDS + 0.1, terminate_us).start()
        supervisor.run_forever()


def terminate_us() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def test_handlers_are_put_back():
    before = signal.getsignal(signal.SIGINT)

    with StopSignals():
        assert signal.getsignal(signal.SIGINT) != before

    assert signal.getsignal(signal.SIGINT) == before


ORPHANS = """
import os, sys, time
from wallet.supervisor.process import Process
from wallet.supervisor.spec import ChildSpec

process = Process(ChildSpec("child", ["sleep", "60"]))
print(process.pid, flush=True)
time.sleep(60)
"""


def test_children_die_with_a_supervisor_that_is_killed():
    with subprocess.Popen([sys.executable, "-c", ORPHANS], stdout=subprocess.PIPE, text=True) as parent:
        child = int(parent.stdout.readline())
        wait_until(lambda: name_of(child) == "sleep")

        parent.kill()

    wait_until(lambda: not is_alive(child))


def name_of(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text().strip()


def test_a_child_whose_parent_died_too_early_does_not_start():
    nobody = str(os.getpid() + 1)
    ended = subprocess.run(
        [sys.executable, tether.__file__, nobody, "echo", "started"], capture_output=True, check=True
    )

    assert ended.stdout == b""


def test_a_program_that_is_not_there_is_named(supervisor):
    with pytest.raises(JobFailed, match="no-such-program: No such file or directory"):
        supervisor.run(ChildSpec("job", ["no-such-program"]))
