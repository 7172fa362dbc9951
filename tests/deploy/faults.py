"""What can go wrong, done for real, and the alert that must tell."""

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any

from api import phone_number
from boards import ALERTS
from bson import Int64
from factories import make_export, make_transfer, queue_transfers, set_status
from monitoring import SCRAPE_S, TIME_SCALE
from stand import Stand

from grafana.rules.causes import OLDEST_S, STALLED_S, STREAM_LAG_S
from grafana.rules.pace import seconds
from wallet.export_job import ATTEMPTS
from wallet.models import WalletStatus
from wallet.store import documents
from wallet.store.jobs import Jobs

DRIFT_PASS_S = 10
READING_S = 5
"""How often the watchers read the state of the queue."""

EXPORT_S = 10
"""The process of an attempt that nobody hurries."""

BEHIND_S = 2 * SCRAPE_S
"""From a value to a scrape, and from there to an evaluation."""

HANGS_MS = 12_000
"""Longer than a client waits for an answer. Mending takes as long: the server lets go of nobody before."""

_POOR = 400
_WRONG_LOGINS = 8


@dataclass(frozen=True)
class Fault:
    """A fault, the alerts that it must raise, and how long the world takes until what they ask for is so.

    ``inflict`` is a context: the fault holds until it ends. ``onset_s`` names, by alert, the seconds from
    the fault to the moment when the alert's condition begins to hold.
    """

    name: str
    inflict: Callable[[Stand], Any]
    onset_s: dict[str, float]

    def due_s(self, alert):
        """Seconds from the fault until ``alert`` should fire here, at the pace of the tests."""
        return self.onset_s[alert] + hold_s(alert) * TIME_SCALE + BEHIND_S


def hold_s(alert):
    """The committed ``for``, in seconds."""
    return min(seconds(rule["for"]) for rule in ALERTS if rule["alert"] == alert)


def inflicted(steps):
    """A fault from a generator: its first step does it, its second one mends it, whatever comes between."""

    @contextmanager
    def context(stand):
        course = steps(stand)
        next(course)
        try:
            yield
        finally:
            next(course, None)

    return context


@inflicted
def no_watcher(stand):
    for one in stand.watchers:
        one.kill()
    yield
    for one in stand.watchers:
        one.start()
    for one in stand.watchers:
        one.wait_ready()


@inflicted
def frozen_watcher(stand):
    stand.watchers[1].signal(signal.SIGSTOP)
    yield
    stand.watchers[1].signal(signal.SIGCONT)


@inflicted
def no_pod(stand):
    stand.pod.kill()
    yield
    stand.pod.start()
    stand.pod.wait_ready()


@inflicted
def deaf_doorbell(stand):
    """Waiting for arrivals hangs; the driver opens the stream again when it has waited for too long."""
    stand.fail("dompet-watcher", "getMore", blockTimeMS=HANGS_MS)
    yield
    stand.heal()


@inflicted
def hanging_stream(stand):
    """Waiting for arrivals hangs, and so does opening the stream again."""
    stand.fail("dompet-watcher", "getMore", "aggregate", blockTimeMS=HANGS_MS)
    yield
    stand.heal()


@inflicted
def stream_never_opens(stand):
    """A watcher starts and cannot open its change stream."""
    # 40573 says that there are no change streams here.
    stand.fail("dompet-watcher", "aggregate", errorCode=40_573, namespace=f"{stand.database.name}.transfers")
    stand.watchers[0].stop()
    stand.watchers[0].start()
    yield
    stand.heal()


@inflicted
def stuck_loop(stand):
    """What the loop asks of the server hangs."""
    stand.fail("dompet-watcher", "find", blockTimeMS=HANGS_MS)
    yield
    stand.heal()


@inflicted
def forged_row(stand):
    """A transfer that no debit vouches for: neither credit nor refund is possible."""
    row = make_transfer()
    stand.database["transfers"].insert_one(documents.transfer_document(row))
    yield
    stand.database["transfers"].delete_one({"_id": row.id})


@inflicted
def no_storage(stand):
    """The last attempt at an export finds nobody where exports lie."""
    (owner,) = stand.new_wallets(1)
    job = make_export(user=owner, attempts=ATTEMPTS - 1)
    Jobs(stand.database).add(job, 0)
    yield
    stand.database["jobs"].delete_one({"_id": job.id})


@inflicted
def wrong_balance(stand):
    """Somebody changes a balance by hand."""
    wallet = _rich(stand)
    stand.database["wallets"].update_one({"_id": wallet}, {"$inc": {"balance": Int64(1)}})
    yield
    stand.database["wallets"].update_one({"_id": wallet}, {"$inc": {"balance": Int64(-1)}})


@inflicted
def no_primary(stand):
    """The only member steps down and does not come back."""
    stand.command("replSetStepDown", 600, force=True)
    yield
    stand.command("replSetFreeze", 0)


@inflicted
def frozen_server(stand):
    """mongod is there and says nothing."""
    os.killpg(stand.server.pid, signal.SIGSTOP)
    yield
    os.killpg(stand.server.pid, signal.SIGCONT)


@inflicted
def nothing_settles(stand):
    """No commit of the watchers passes, and ever more transfers come."""
    stand.fail("dompet-watcher", "commitTransaction", errorCode=91)
    sender, target = _rich(stand, 10**9), stand.new_wallets(1)[0]
    stopping = Event()

    def pile_up():
        while not stopping.wait(1):
            queue_transfers(stand.database, sender, [target] * 100, 1)

    thread = Thread(target=pile_up)
    thread.start()
    yield
    stopping.set()
    thread.join()
    stand.heal()


@inflicted
def slow_commits(stand):
    """Each commit of the pods takes 0.8 s."""
    stand.fail("dompet-api", "commitTransaction", blockTimeMS=800)
    yield
    stand.heal()


@inflicted
def closed_receivers(stand):
    """Receivers are closed after their transfers were accepted."""
    sender, targets = _rich(stand, _POOR), stand.new_wallets(_POOR)
    for one in stand.watchers:
        one.signal(signal.SIGSTOP)
    queue_transfers(stand.database, sender, targets, 1)
    for target in targets:
        set_status(stand.database, target, WalletStatus.CLOSED)
    for one in stand.watchers:
        one.signal(signal.SIGCONT)
    yield


@inflicted
def guessed_pins(stand):
    stopping = Event()

    def guess():
        while not stopping.is_set():
            stand.api.login(phone_number(), "000000")

    with ThreadPoolExecutor(_WRONG_LOGINS) as pool:
        for _ in range(_WRONG_LOGINS):
            pool.submit(guess)
        yield
        stopping.set()


def _rich(stand, balance=1_000_000):
    return stand.new_wallets(1, balance)[0]


FAULTS = (
    Fault(
        "all watchers are killed",
        no_watcher,
        {"DompetNoWatcher": 0, "DompetTargetDown": 0},
    ),
    Fault(
        "a balance is changed by hand",
        wrong_balance,
        {"DompetConservationDrift": DRIFT_PASS_S, "DompetWalletDrift": DRIFT_PASS_S},
    ),
    Fault("a watcher is frozen", frozen_watcher, {"DompetTargetDown": SCRAPE_S}),
    Fault("the pod is killed", no_pod, {"DompetNoApi": 0, "DompetTargetDown": 0}),
    Fault("the doorbell hangs", deaf_doorbell, {"DompetSweepFinds": 5}),
    Fault("the change stream hangs", hanging_stream, {"DompetStreamLag": STREAM_LAG_S}),
    Fault("a watcher cannot open its change stream", stream_never_opens, {"DompetStreamLagUnknown": 5}),
    Fault("a watcher's loop hangs", stuck_loop, {"DompetWatcherStalled": STALLED_S}),
    Fault("a row that no debit vouches for", forged_row, {"DompetTransfersParked": READING_S}),
    Fault("receivers are closed meanwhile", closed_receivers, {"DompetManyRefunds": READING_S}),
    Fault("the storage of exports is away", no_storage, {"DompetExportsFail": EXPORT_S}),
    Fault("somebody guesses PINs", guessed_pins, {"DompetLoginFailures": 5}),
    Fault(
        "nothing settles",
        nothing_settles,
        {"DompetTransfersWait": OLDEST_S + READING_S, "DompetQueueGrowing": 10 + READING_S},
    ),
    Fault("commits of the pods take 0.8 s", slow_commits, {"DompetApiSlow": 60}),
    Fault("the primary is gone", no_primary, {"DompetNoPrimary": 2, "DompetApiErrors": 30}),
    Fault("mongod is frozen", frozen_server, {"DompetPoolCheckoutFailures": 10}),
)

NOT_INFLICTED = {
    "DompetTransfersSlow": "it follows from nothing settling, as DompetTransfersWait does there",
    "DompetDriftCheckStale": "the check would have to rest for six hours",
    "DompetOplogWindowShort": "the smallest oplog holds 990 MB of writes",
    "DompetLockStorm": "the guard makes guessers wait: five wrong PINs of thirty numbers take minutes",
    "DompetExportsWait": "an export would have to wait for a quarter of an hour",
    "DompetOverloaded": "more requests than a worker has connections would have to wait",
}
"""Alerts that no fault here raises, and why. promtool has proven them."""
