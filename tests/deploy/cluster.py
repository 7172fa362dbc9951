"""What Kubernetes would run, in containers: a replica set with passwords, pods, watchers, an ingress."""

import json
import secrets
import time
from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path

import requests
from containers import STRICT, Container, Stage, wait_for
from manifests import DEPLOY, render

MEMBERS = 3
PORT = 8_000
METRICS_PORT = 9_100
WATCHER_PORT = 9_101
INGRESS_PORT = 8_080
PRODUCTION = DEPLOY / "overlays" / "prod"

INITIATE = """
import json, os, time
from pymongo import MongoClient

told = json.loads(os.environ["TOLD"])
local = MongoClient("localhost", directConnection=True)
local.admin.command("replSetInitiate", told["config"])
while not local.admin.command("hello")["isWritablePrimary"]:
    time.sleep(0.05)
local.admin.command("createUser", "root", pwd=told["password"], roles=["root"])
root = MongoClient("localhost", directConnection=True, username="root", password=told["password"])
for role in told["roles"]:
    root.admin.command("createRole", role["role"], privileges=role["privileges"], roles=role["roles"])
for name, roles in told["users"].items():
    root.admin.command("createUser", name, pwd=told["password"], roles=roles)
"""

NGINX = """
daemon off;
pid /tmp/nginx.pid;
error_log stderr;
events {}
http {
  access_log off;
  upstream api { %s keepalive 32; }
  server {
    listen 8080;
    location / {
      proxy_pass http://api;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_connect_timeout 3s;
    }
  }
}
"""


def replica_set_settings():
    """How the production overlay's replica set behaves."""
    (mongodb,) = render(PRODUCTION).of("MongoDBCommunity")
    return mongodb["spec"]["automationConfig"]["replicaSet"]["settings"]


def server_parameters():
    """What each of its members is told."""
    (mongodb,) = render(PRODUCTION).of("MongoDBCommunity")
    return mongodb["spec"]["additionalMongodConfig"]["setParameter"]


def users():
    """The users of the production overlay's MongoDB, with their roles."""
    (mongodb,) = render(PRODUCTION).of("MongoDBCommunity")
    return {
        user["name"]: [{"role": role["name"], "db": role["db"]} for role in user["roles"]]
        for user in mongodb["spec"]["users"]
    }


def roles():
    """The roles that the production overlay makes."""
    (mongodb,) = render(PRODUCTION).of("MongoDBCommunity")
    return mongodb["spec"]["security"]["roles"]


def settings():
    """The settings of the production overlay."""
    rendered = render(PRODUCTION)
    (container,) = rendered.named("Deployment", "dompet-api")["spec"]["template"]["spec"]["containers"]
    return dict(rendered.named("ConfigMap", container["envFrom"][0]["configMapRef"]["name"])["data"])


def pod_spec(name):
    """The pod of a Deployment of the production overlay."""
    return render(PRODUCTION).named("Deployment", name)["spec"]["template"]["spec"]


@dataclass
class Cluster:
    """``image`` is the product's, ``stage_image`` mongod's and nginx's; ``folder`` has nginx's settings."""

    stage: Stage
    image: str
    stage_image: str
    folder: Path
    password: str = field(default_factory=lambda: secrets.token_hex(16))
    key: str = field(default_factory=lambda: secrets.token_hex(64))
    jwt_secret: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    console_token: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    pepper: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    top_up_secret: str = field(default_factory=lambda: b64encode(secrets.token_bytes(32)).decode())
    members: list = field(default_factory=list)
    pods: list = field(default_factory=list)
    watchers: list = field(default_factory=list)
    _started: int = 0

    def start(self):
        self._start_replica_set()
        code, said = self.command("dompet", "migrate", user="dompet-migration")
        assert code == 0, said
        self.watchers = [self.start_watcher() for _ in range(2)]
        self.pods = [self.start_pod() for _ in range(2)]
        for one in (*self.pods, *self.watchers):
            one.await_ready()
        self._write_ingress()
        self.ingress = self.stage.start(
            "ingress",
            self.stage_image,
            *("nginx", "-c", "/ingress/nginx.conf"),
            ports=[INGRESS_PORT],
            options=["--volume", f"{self.folder}:/ingress:ro"],
        )
        self.url = self.ingress.address(INGRESS_PORT)
        wait_for(lambda: answers(f"{self.url}/readyz"), "the ingress reaches a pod", 20)

    def uri(self, user):
        hosts = ",".join(member.name for member in self.members)
        return f"mongodb://{user}:{self.password}@{hosts}/?replicaSet=dompet&authSource=admin"

    def command(self, *argv, user="dompet-operator", within_s=60):
        """Run a command of the product as a user of MongoDB; return its exit code and its words."""
        env = {"MONGODB_URI": self.uri(user)}
        return self.stage.finish(self.image, *argv, env=env, options=STRICT, within_s=within_s)

    def assert_clean(self):
        """Every promise is kept, to the last rupiah."""
        code, report = self.command("dompet", "audit", within_s=120)
        assert code == 0, report

    def environment(self, name):
        """What the production overlay tells a Deployment, with our secrets."""
        ours = {
            "MONGODB_URI": self.uri({"dompet-api": "dompet-pod"}.get(name, name)),
            "JWT_SECRET": self.jwt_secret,
            "PIN_PEPPER": self.pepper,
            "TOP_UP_SECRET": self.top_up_secret,
            "CONSOLE_TOKEN": self.console_token,
        }
        (container,) = pod_spec(name)["containers"]
        own = {one["name"]: one["value"] if "value" in one else ours[one["name"]] for one in container["env"]}
        # The traffic has no payment provider, and all its clients have one address.
        return settings() | own | {"TOP_UP_GATE": "open", "RATE_LIMITS": "0"}

    def start_pod(self):
        return self._start("dompet-api", PORT, METRICS_PORT)

    def start_watcher(self):
        return self._start("dompet-watcher", WATCHER_PORT, WATCHER_PORT)

    def start_dev(self, name, image):
        """Start what the overlay of the inner loop starts, in its image, which can be written to."""
        port = PORT if name == "dompet-api" else WATCHER_PORT
        (container,) = render(DEPLOY / "overlays/dev").named("Deployment", name)["spec"]["template"]["spec"][
            "containers"
        ]
        started = self.stage.start(
            f"{name}-dev", image, *container["command"], env=self.environment(name), ports=[port]
        )
        return Member(started, name, port, port)

    def roll_pods(self):
        """Replace every pod as a Deployment with maxSurge 1 and maxUnavailable 0 does."""
        for old in list(self.pods):
            new = self.start_pod()
            new.await_ready()
            self.pods = [pod for pod in self.pods if pod is not old] + [new]
            self._write_ingress()
            self.ingress.signal("HUP")  # as the endpoints change: the new one in, the old one out
            time.sleep(old.drain_s)
            assert old.stop() == 0, old.container.log[-2_000:]

    def roll_watchers(self):
        for old in list(self.watchers):
            new = self.start_watcher()
            new.await_ready()
            self.watchers = [one for one in self.watchers if one is not old] + [new]
            assert old.stop() == 0, old.container.log[-2_000:]

    def primary(self):
        """The member that takes writes, as the other members see it."""
        ask = (
            "import os; from pymongo import MongoClient;"
            "print(MongoClient(os.environ['MONGODB_URI']).admin.command('hello')['primary'])"
        )
        code, said = self.command("python", "-c", ask)
        assert code == 0, said
        name = said.strip().splitlines()[-1].split(":")[0]
        return next(member for member in self.members if member.name == name)

    def answers_beside(self, beside, port, path, timeout_s=5):
        """Whether 200 is answered on a port, asked from the network that ``beside`` names."""
        ask = f"import urllib.request as r; r.urlopen('http://127.0.0.1:{port}{path}', timeout={timeout_s})"
        return self.stage.finish(self.image, "python", "-c", ask, beside=beside)[0] == 0

    def is_ready(self, member):
        """Whether a pod or watcher is, asked from its own network: a cut takes its published ports."""
        return self.answers_beside(member.container.beside, member.port, "/readyz")

    def _start(self, name, port, metrics_port):
        self._started += 1
        container = self.stage.start(
            f"{name}-{self._started}",
            self.image,
            *pod_spec(name)["containers"][0]["command"],
            env=self.environment(name),
            ports=sorted({port, metrics_port}),
            options=(*STRICT, "--memory", memory_limit(name)),
        )
        return Member(container, name, port, metrics_port)

    def _write_ingress(self):
        servers = " ".join(f"server {pod.container.name}:{PORT};" for pod in self.pods)
        (self.folder / "nginx.conf").write_text(NGINX % servers)

    def _start_replica_set(self):
        mongod = (
            "umask 077; echo $KEY >/tmp/key; exec mongod --replSet dompet --keyFile /tmp/key --bind_ip_all"
            " --dbpath /tmp --networkMessageCompressors snappy,zstd --wiredTigerCacheSizeGB 0.25 --quiet"
        )
        mongod += "".join(f" --setParameter {name}={value}" for name, value in server_parameters().items())
        self.members = [
            self.stage.start(f"mongodb-{i}", self.stage_image, "sh", "-c", mongod, env={"KEY": self.key})
            for i in range(MEMBERS)
        ]
        hosts = [{"_id": i, "host": f"{member.name}:27017"} for i, member in enumerate(self.members)]
        hosts[0]["priority"] = 2  # the first is asked to make the users, from within
        config = {"_id": "dompet", "members": hosts, "settings": replica_set_settings()}
        told = {"config": config, "password": self.password, "roles": roles(), "users": users()}
        code, said = self.stage.finish(
            self.image,
            "python",
            "-c",
            INITIATE,
            env={"TOLD": json.dumps(told)},
            beside=self.members[0].beside,
        )
        assert code == 0, said


@dataclass
class Member:
    """A pod or a watcher."""

    container: Container
    deployment: str
    port: int
    metrics_port: int

    @property
    def drain_s(self):
        return pod_spec(self.deployment)["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]

    def url(self, path):
        return self.container.address(self.metrics_port if path == "/metrics" else self.port) + path

    def await_ready(self, within_s=40):
        wait_for(lambda: not self.container.running or answers(self.url("/readyz")), "it is ready", within_s)
        assert self.container.running, self.container.log

    def stop(self):
        return self.container.stop(pod_spec(self.deployment)["terminationGracePeriodSeconds"])


def answers(url):
    """Whether ``url`` answers with 200 at once."""
    try:
        return requests.get(url, timeout=2).status_code == 200
    except requests.RequestException:
        return False


def memory_limit(name):
    """In what the tools call megabytes, which are those of Kubernetes."""
    return pod_spec(name)["containers"][0]["resources"]["limits"]["memory"].replace("Mi", "m")
