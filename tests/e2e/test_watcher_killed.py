"""Real watchers, killed and frozen for real amid their work: every transfer finishes exactly once."""

import random
import signal
import socket
import subprocess
import time
from contextlib import ExitStack

import pytest
from books import assert_balanced
from factories import balance_of, open_wallet, open_wallets, queue_transfers
from processes import UNMEASURED, tethered
from watching import wait_until

from wallet.embedded.ports import free_port
from wallet.rules.partition import owned
from wallet.store.roles import Duty

TAKEOVER_S = 5.0
"""The longest that the work of a dead watcher may lie."""

KILLS = 6


class Watcher:
    """One ``python -m watcher``, configured by its environment only."""

    def __init__(self, uri, database, log, *, batch_size):
        self._log = log
        environment = UNMEASURED | {
            "MONGODB_URI": uri,
            "MONGODB_DATABASE": database.name,
            "LISTEN_HOST": "127.0.0.1",
            "METRICS_PORT": "0",
            "BATCH_SIZE": str(batch_size),
            "LOG_LEVEL": "info",
        }
        with log.open("w") as out:
            self.process = subprocess.Popen(
                tethered("watcher"), env=environment, stdout=out, stderr=subprocess.STDOUT
            )

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self.signal(signal.SIGKILL)
        self.process.wait(10)

    def signal(self, number):
        self.process.send_signal(number)

    @property
    def name(self):
        return f"{socket.gethostname()}-{self.process.pid}"

    def says(self, event):
        assert self.process.poll() is None, self._log.read_text()
        return event in self._log.read_text()

    @property
    def works(self):
        return self.says("transfer_settled")


@pytest.fixture
def watchers(mongod, database, tmp_path):
    """Return a function that starts a watcher; all are gone after the test."""
    own = mongod.uri_as(Duty.WATCHER, "dompet_test")
    with ExitStack() as stack:

        def start(number, *, batch_size=5, uri=own):
            log = tmp_path / f"watcher-{number}.log"
            return stack.enter_context(Watcher(uri, database, log, batch_size=batch_size))

        yield start


@pytest.fixture
def come(database):
    """A function that queues one thousand transfers to fifty receivers."""
    sender, targets = open_wallet(database, 10_000), open_wallets(database, 50)

    def come():
        queue_transfers(database, sender, targets * 20, 1)
        return sender, targets

    return come


@pytest.fixture
def crowd(come):
    """One thousand pending transfers to fifty receivers."""
    return come()


def pending(database):
    return database["transfers"].count_documents({"status": "PENDING"})


def both_alive(database):
    return database["watchers"].count_documents({}) == 2


def finished(database):
    return pending(database) == 0


def assert_all_arrived(database, crowd):
    sender, targets = crowd
    assert database["transfers"].count_documents({"status": "SUCCESS"}) == 1_000
    assert balance_of(database, sender) == 9_000
    assert {balance_of(database, target) for target in targets} == {20}
    assert_balanced(database)


def longest_silence(database, *, until_left):
    """Watch the queue until only ``until_left`` wait; return the longest time nothing moved, in seconds."""
    longest, moved_at, left = 0.0, time.monotonic(), pending(database)
    while left > until_left:
        time.sleep(0.01)
        now, before, left = time.monotonic(), left, pending(database)
        longest = max(longest, now - moved_at)
        if left < before:
            moved_at = now
        assert now - moved_at < 30, "nothing moves any more"
    return longest


def test_killed_again_and_again_in_the_middle_of_its_work(database, watchers, crowd):
    """P3: kill -9 at random moments; each transfer has one debit and one credit."""
    for number in range(KILLS):
        watcher = watchers(number, batch_size=2)
        wait_until(lambda watcher=watcher: watcher.works, within_s=20)
        time.sleep(random.uniform(0, 0.15))  # the moment is what is random here
        watcher.signal(signal.SIGKILL)
        watcher.process.wait(10)

    assert pending(database) > 0, "they were killed after their work"
    watchers("last", batch_size=500)
    wait_until(lambda: finished(database), within_s=30)

    assert_all_arrived(database, crowd)


@pytest.mark.alone
def test_killed_its_work_is_taken_over_in_five_seconds(database, watchers, come):
    """Liveness: the survivor settles what the dead one had, transactions it left behind and all."""
    dead, survivor = watchers("dead", batch_size=4), watchers("survivor", batch_size=4)
    wait_until(lambda: both_alive(database))  # else the first has done it all before the second came
    crowd = come()
    wait_until(lambda: dead.works and survivor.works, within_s=20)
    dead.signal(signal.SIGKILL)
    partitions = owned(dead.name, [dead.name, survivor.name])
    orphans = {"status": "PENDING", "partition": {"$in": partitions}}
    left = database["transfers"].count_documents(orphans)

    took = wait_until(lambda: database["transfers"].count_documents(orphans) < left, within_s=30)
    longest = longest_silence(database, until_left=0)

    assert left > 0
    assert took <= TAKEOVER_S
    assert longest <= TAKEOVER_S
    assert_all_arrived(database, crowd)


@pytest.mark.alone
def test_frozen_and_thawed_it_finds_its_work_done(database, watchers, come):
    """P9: SIGSTOP in the middle of its work, SIGCONT after the other took over: pauses decide nothing."""
    frozen, other = watchers("frozen", batch_size=4), watchers("other", batch_size=4)
    wait_until(lambda: both_alive(database))
    crowd = come()
    wait_until(lambda: frozen.works and other.works, within_s=20)
    frozen.signal(signal.SIGSTOP)

    longest = longest_silence(database, until_left=50)
    frozen.signal(signal.SIGCONT)
    wait_until(lambda: finished(database), within_s=30)

    assert longest <= TAKEOVER_S
    assert frozen.process.poll() is None
    assert_all_arrived(database, crowd)


@pytest.mark.alone
def test_told_to_stop_it_finishes_its_batch_and_exits_0(database, watchers, crowd):
    """SIGTERM loses nothing, leaves the rest to the next one and says so at once."""
    watcher = watchers("leaving", batch_size=2)
    wait_until(lambda: watcher.works, within_s=20)

    watcher.signal(signal.SIGTERM)

    assert watcher.process.wait(10) == 0
    assert database["watchers"].count_documents({}) == 0
    assert_balanced(database)
    watchers("next", batch_size=500)
    assert wait_until(lambda: finished(database), within_s=20) < 5
    assert_all_arrived(database, crowd)


def test_told_twice_it_goes_at_once(watchers):
    """Whoever cannot wait for a store that is away tells it again."""
    watcher = watchers("hasty", uri=f"mongodb://127.0.0.1:{free_port()}/?replicaSet=dompet")
    wait_until(lambda: watcher.says("stream_lost"), within_s=20)

    def told_again():
        watcher.signal(signal.SIGTERM)
        return watcher.process.poll() is not None

    wait_until(told_again)  # two of the same kind that meet are one

    assert watcher.process.returncode == 128 + signal.SIGTERM
