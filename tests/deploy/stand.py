"""Everything at once: a replica set of its own, a pod, watchers, busy users, and who watches them."""

import os
import random
import signal
import sys
from contextlib import ExitStack, contextmanager, suppress
from threading import Event, Thread

import requests
from api import Api, over_http, random_id
from factories import open_wallets
from monitoring import answers, monitoring
from processes import UNMEASURED
from pymongo import MongoClient
from watching import wait_until

from wallet.embedded import EmbeddedServer
from wallet.embedded.ports import LOOPBACK, free_port
from wallet.local.storage import Storage
from wallet.store.client import connect, open_database
from wallet.store.migrate import migrate
from wallet.supervisor.process import Process
from wallet.supervisor.spec import ChildSpec

GUNICORN = ("gunicorn", "--config", "python:service.gunicorn_conf", "service.wsgi:app")
WATCHERS = 2
READY_WITHIN_S = 30
STOPS_WITHIN_S = 15
AT_ONCE = 12
PAUSE_S = 0.3
"""Users at a time, and what each rests after a request: some 35 a second, which two cores hardly notice."""


class Program:
    """A pod or a watcher, which can be killed and started again at the same ports."""

    def __init__(self, module, metrics_port, ready_port, env):
        self.metrics_port = metrics_port
        self._ready = f"http://{LOOPBACK}:{ready_port}/readyz"
        self._spec = ChildSpec(module[0], (sys.executable, "-m", *module), {**UNMEASURED, **env})
        self._process = None

    def start(self):
        self._process = Process(self._spec)

    def wait_ready(self):
        wait_until(lambda: self._process.poll() is not None or answers(self._ready), within_s=READY_WITHIN_S)
        assert self._process.poll() is None, self._process.output()

    def kill(self):
        self._process.kill()

    def signal(self, number):
        # The group: what we started is a tether that keeps the program.
        os.killpg(self._process.pid, number)

    def stop(self):
        if self._process is not None:
            with suppress(ProcessLookupError, PermissionError):
                self.signal(signal.SIGCONT)
            self._process.stop(STOPS_WITHIN_S)


class Stand:
    """What a fault can be done to."""

    def __init__(self, folder, stack):
        self.folder = folder
        self.server = EmbeddedServer(folder / "mongod", test_commands=True)
        stack.enter_context(self.server)
        self.client = stack.enter_context(connect(self.server.uri, application="stand"))
        self.database = open_database(self.client, "dompet_alerts")
        migrate(self.database)
        self.pod = self._pod(folder)
        self.watchers = [self._watcher(index) for index in range(WATCHERS)]
        for program in (self.pod, *self.watchers):
            stack.callback(program.stop)
            program.start()
        for program in (self.pod, *self.watchers):
            program.wait_ready()
        self.users = self._users()
        self.monitoring = stack.enter_context(monitoring(folder, self.targets))
        stack.enter_context(busy(self.users))

    @property
    def api(self):
        return Api(over_http(self._url))

    @property
    def targets(self):
        return {
            "dompet-api": [self.pod.metrics_port],
            "dompet-watcher": [one.metrics_port for one in self.watchers],
        }

    def fail(self, application, *commands, **how):
        """Set the failpoint; ``how`` is an errorCode, or blockTimeMS."""
        data = {"failCommands": list(commands), "appName": application, **how}
        if "blockTimeMS" in how:
            data["blockConnection"] = True
        self.command("configureFailPoint", "failCommand", mode="alwaysOn", data=data)

    def heal(self):
        """Return when nobody hangs any more."""
        self.command("configureFailPoint", "failCommand", mode="off")

    def command(self, name, value, **arguments):
        """Tell the server, primary or not, and wait for as long as it takes."""
        with MongoClient(self.server.uri, directConnection=True) as client:
            client.admin.command(name, value, **arguments)

    def new_wallets(self, count, balance=0):
        return open_wallets(self.database, count, balance)

    def _pod(self, folder):
        port, metrics_port = free_port(), free_port()
        self._url = f"http://{LOOPBACK}:{port}"
        env = self._env(
            PORT=str(port),
            METRICS_PORT=str(metrics_port),
            JWT_SECRET="jwt-secret-of-the-tests-of-alerts",
            PIN_PEPPER="pin-pepper-of-the-tests-of-alerts",
            ACCESS_TOKEN_MINUTES="120",
            RATE_LIMITS="0",
            PROMETHEUS_MULTIPROC_DIR=str(folder / "multiproc"),
        )
        return Program(GUNICORN, metrics_port, port, env)

    def _watcher(self, index):
        # METRICS_PORT is the API's; a watcher listens above it.
        port = free_port()
        env = self._env(METRICS_PORT=str(port - 1 - index), WATCHER_INDEX=str(index))
        return Program(("watcher",), port, port, env)

    def _env(self, **more):
        return {
            "MONGODB_URI": self.server.uri,
            "MONGODB_DATABASE": self.database.name,
            "LISTEN_HOST": LOOPBACK,
            "LOG_LEVEL": "warning",
            # Where nobody listens: exports are on, and none can be stored.
            **Storage(free_port()).env,
            **more,
        }

    def _users(self):
        users = [self.api.sign_up() for _ in range(4)]
        for one in users:
            one.top_up(100_000_000)
        return users


@contextmanager
def stand(folder):
    with ExitStack() as stack:
        yield Stand(folder, stack)


@contextmanager
def busy(users):
    """Users who top up, pay and send a little of everything, whatever the answers are."""
    stopping = Event()

    def keep_busy():
        while not stopping.wait(PAUSE_S):
            with suppress(requests.RequestException):
                random.choice(_DEEDS)(random.choice(users), random.choice(users))

    threads = [Thread(target=keep_busy, daemon=True) for _ in range(AT_ONCE)]
    for one in threads:
        one.start()
    try:
        yield
    finally:
        stopping.set()
        for one in threads:
            one.join(READY_WITHIN_S)


def _replay(user, _other):
    key = random_id()
    user.top_up(1_000, key=key)
    user.top_up(1_000, key=key)


_DEEDS = (
    lambda user, other: user.transfer(other.id, 1_000),
    lambda user, other: user.transfer(other.id, 2_000, prefer="wait=1"),
    lambda user, _other: user.transfer(random_id(), 1_000),
    lambda user, _other: user.top_up(5_000),
    lambda user, _other: user.pay(1_000),
    lambda user, _other: user.pay(10**12),
    lambda user, _other: user.profile(),
    lambda user, _other: user.transactions(limit=10),
    _replay,
)
