"""The console of a real watcher in a real browser: live data, no error, no request to elsewhere."""

import re
import shutil
import signal
import subprocess
from http.client import HTTPConnection

import pytest
from factories import open_wallets, queue_transfer, queue_transfers
from processes import UNMEASURED, free_ports, tethered
from watching import wait_until

from wallet.store.queue import Queue
from wallet.store.roles import Duty

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
BROWSER_S = 60
pytestmark = [
    pytest.mark.alone,  # a page has only so long to be filled
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]


@pytest.fixture
def parked(database):
    """A transfer that waits for an operator."""
    transfer = queue_transfer(database, *open_wallets(database, 2, 1_000), 300)
    Queue(database).park(transfer, "poison")
    return transfer


@pytest.fixture
def port(mongod, database, tmp_path):
    """The port of a running watcher that has taken its first sample."""
    metrics_port, port = free_ports(2)
    environment = UNMEASURED | {
        "MONGODB_URI": mongod.uri_as(Duty.WATCHER, database.name),
        "MONGODB_DATABASE": database.name,
        "LISTEN_HOST": "127.0.0.1",
        "METRICS_PORT": str(metrics_port),
    }
    with (tmp_path / "watcher.log").open("w") as log:
        watcher = subprocess.Popen(tethered("watcher"), env=environment, stdout=log, stderr=log)
    try:
        wait_until(lambda: 'class="line' in fetch(port, "/"))
        yield port
    finally:
        watcher.send_signal(signal.SIGTERM)
        assert watcher.wait(20) == 0


def fetch(port, path):
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().read().decode()
    except OSError:
        return ""
    finally:
        connection.close()


@pytest.fixture
def browse(port, tmp_path):
    """A function that loads a page, lets its scripts run, and returns what became of it and the console."""

    def browse(address, *, seconds=1):
        url = f"http://127.0.0.1:{port}{address}" if address.startswith("/") else address
        ended = subprocess.run(
            [
                CHROMIUM,
                *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
                *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
                "--enable-logging=stderr",
                f"--user-data-dir={tmp_path / 'profile'}",
                f"--virtual-time-budget={seconds * 1_000}",
                "--dump-dom",
                url,
            ],
            capture_output=True,
            text=True,
            timeout=BROWSER_S,
            check=True,
        )
        return ended.stdout, [line for line in ended.stderr.splitlines() if "CONSOLE" in line]

    return browse


def test_the_overview_is_there_and_the_browser_complains_of_nothing(browse):
    page, complaints = browse("/")

    assert complaints == []
    assert page.count("<svg") == 6
    assert 'class="line' in page, "the first sample is drawn"
    assert re.search(r"<dt>Watchers</dt><dd>1<small> alive", page)


def test_the_numbers_are_those_of_the_metrics(port, database):
    """What the watcher counts under their real names is what the page shows."""
    sender, target = open_wallets(database, 2, 1_000)
    queue_transfers(database, sender, [target] * 3, 1)

    wait_until(lambda: re.search(r"settled <b>.*</b> <small>max 0\.\d", fetch(port, "/")), within_s=30)
    assert re.search(r"<dt>Queue depth</dt><dd>\d", fetch(port, "/"))
    assert re.search(r"half within <b>[\d.]+ ms", fetch(port, "/"))


def test_the_overview_renews_itself(browse):
    page, complaints = browse("/", seconds=12)

    assert complaints == []
    assert re.search(r"Renewed at \d", page)


def test_a_transfer_and_the_look_before_a_retry(browse, parked):
    for path in (f"/transfers/{parked}", f"/transfers/{parked}/retry", "/transfers/parked"):
        page, complaints = browse(path)
        assert complaints == []
        assert str(parked) in page


def test_the_browser_would_complain(browse):
    """So that its silence above means something."""
    _page, complaints = browse("data:text/html,<script>throw new Error('boom')</script>")

    assert "boom" in complaints[0]
