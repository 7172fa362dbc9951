"""The thread that checks: one watcher at a time, whatever the store does, gone within a second."""

import time
from contextlib import ExitStack

import pytest
from factories import open_wallet, open_wallets
from prometheus_client import CollectorRegistry
from watching import wait_until

from wallet import clock
from wallet.audit.rolling import RollingCheck
from wallet.store.proofs import Proofs
from watcher.drift import DriftWatch
from watcher.drift_metrics import DriftMetrics

GAUGES = ("wallet_conservation_drift_rupiah", "wallet_wallets_drifted", "wallet_drift_check_age_seconds")


class Watcher:
    """A watch and what it exports."""

    def __init__(self, database, *, share=0.5, every_s=0.05):
        self.registry = CollectorRegistry()
        proofs = Proofs(database)
        self.watch = DriftWatch(
            RollingCheck(proofs, clock.now),
            proofs,
            DriftMetrics(self.registry),
            share=share,
            every_s=every_s,
        )

    def choose(self, chosen=True):  # noqa: FBT002
        self.watch.membership(["one", "two"], [0, 1] if chosen else [1])

    @property
    def rupiah(self):
        return self.registry.get_sample_value("wallet_conservation_drift_rupiah")

    @property
    def drifted(self):
        return self.registry.get_sample_value("wallet_wallets_drifted")

    @property
    def age_s(self):
        return self.registry.get_sample_value("wallet_drift_check_age_seconds")

    @property
    def entries(self):
        return self.registry.get_sample_value("wallet_drift_checked_entries_total")


@pytest.fixture
def start(database):
    with ExitStack() as stack:

        def start(**options):
            watcher = Watcher(database, **options)
            watcher.watch.start()
            stack.callback(watcher.watch.stop)
            return watcher

        yield start


def raise_balance(database, wallet, rupiah):
    database["wallets"].update_one({"_id": wallet}, {"$inc": {"balance": rupiah}})


def test_one_that_is_not_chosen_exports_no_drift_but_its_counter(start):
    watcher = start()
    assert [watcher.registry.get_sample_value(name) for name in GAUGES] == [None] * 3
    assert watcher.entries == 0


def test_one_that_is_chosen_finds_drift_and_sees_it_mended(database, start):
    wallet = open_wallet(database, 100)
    watcher = start()
    watcher.choose()
    wait_until(lambda: watcher.entries == 1 and watcher.rupiah == 0)

    raise_balance(database, wallet, 7)
    wait_until(lambda: (watcher.rupiah, watcher.drifted) == (7, 1))

    raise_balance(database, wallet, -7)
    wait_until(lambda: (watcher.rupiah, watcher.drifted) == (0, 0))


def test_who_takes_over_knows_at_once_what_was_found_and_the_other_falls_silent(database, start):
    wallet = open_wallet(database, 100)
    raise_balance(database, wallet, 7)
    first, second = start(), start(share=0.001, every_s=600)
    first.choose()
    wait_until(lambda: first.rupiah == 7)

    first.choose(False)
    second.choose()

    wait_until(lambda: first.rupiah is None and first.age_s is None)
    wait_until(lambda: second.rupiah == 7)
    assert second.drifted == 1
    raise_balance(database, wallet, -7)
    first.choose()
    wait_until(lambda: first.rupiah == 0)


def test_one_that_rests_for_long_falls_silent_at_once(database, start):
    open_wallet(database, 100)
    watcher = start(every_s=600)
    watcher.choose()
    wait_until(lambda: watcher.age_s is not None and watcher.entries == 1)
    watcher.choose(False)
    assert wait_until(lambda: watcher.rupiah is None) < 1


def test_the_age_grows_between_two_passes(database, start):
    watcher = start(every_s=600)
    watcher.choose()
    wait_until(lambda: Proofs(database).pass_age_s() is not None)
    first = wait_until(lambda: watcher.age_s) and watcher.age_s
    wait_until(lambda: watcher.age_s > first)
    assert watcher.age_s < 5


def test_a_store_that_fails_is_asked_again(client, database, start, monkeypatch):
    monkeypatch.setattr("watcher.drift._AFTER_FAULT_S", 0.05)
    wallet = open_wallet(database, 100)
    watcher = start()
    fail = {"configureFailPoint": "failCommand", "data": {"failCommands": ["find"], "errorCode": 13}}
    client.admin.command(fail | {"mode": "alwaysOn"})
    try:
        watcher.choose()
        time.sleep(0.3)
        assert watcher.entries == 0
    finally:
        client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})
    raise_balance(database, wallet, 7)
    wait_until(lambda: watcher.rupiah == 7)
    raise_balance(database, wallet, -7)


@pytest.mark.parametrize("share", [0.5, 0.0001])
def test_it_stops_within_a_second(database, share):
    open_wallets(database, 3, 100)
    watcher = Watcher(database, share=share, every_s=600)
    watcher.watch.start()
    watcher.choose()
    wait_until(lambda: watcher.rupiah is not None)

    began = time.monotonic()
    watcher.watch.stop()

    assert time.monotonic() - began < 1
    assert not watcher.watch._thread.is_alive()


def test_it_rests_so_long_that_nobody_sees_it(database, monkeypatch):
    """A look of 10 ms at a share of 1 % is followed by 990 ms of rest."""
    watcher = Watcher(database, share=0.01)
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    step = watcher.watch._check.step

    def slow_step():
        now[0] += 0.010
        return step()

    monkeypatch.setattr(watcher.watch._check, "step", slow_step)
    assert watcher.watch._turn() == pytest.approx(0.990)
