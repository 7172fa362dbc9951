"""What `dompet up` decides before, between and after the processes it starts."""

import json
import os
import random
import re
import socket
import stat
import subprocess

import pytest

from wallet.local.banner import banner
from wallet.local.children import Children, environment
from wallet.local.errors import LocalError
from wallet.local.example_data import DemoUser, demo_users, find_example_data
from wallet.local.mongodb import port_of_last_time
from wallet.local.ports import require_free_ports
from wallet.local.readiness import await_ready, endpoints
from wallet.local.secret_file import SECRETS, keep_secrets
from wallet.local.settings import LocalSettings, read_settings
from wallet.local.storage import local_storage
from wallet.local.tour import tour

SITI = DemoUser("Siti Rahayu", "081200000001", "246810")
VARIABLES = ("PORT", "METRICS_PORT", "DATA_DIR", "MONGODB_URI", "WORKERS", "WATCHERS", "EXAMPLE_DATA")


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch, tmp_path):
    for name in (*VARIABLES, "JWT_SECRET", "PIN_PEPPER", "CONSOLE_TOKEN", "LOG_FORMAT", "EXPORTS_BUCKET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def squatter():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_the_defaults_are_the_documented_ones(tmp_path):
    settings = read_settings()

    assert (settings.port, settings.metrics_port, settings.workers, settings.watchers) == (8000, 9100, 2, 1)
    assert settings.data_dir == tmp_path / ".dompet"
    assert settings.mongodb_uri is None
    assert settings.example_data is True
    assert settings.watcher_port(0) == 9101


@pytest.mark.parametrize("name", ["PORT", "METRICS_PORT", "WORKERS", "WATCHERS", "EXAMPLE_DATA"])
def test_a_value_that_cannot_be_is_named(monkeypatch, name):
    monkeypatch.setenv(name, "many")

    with pytest.raises(LocalError, match=f"^{name}: "):
        read_settings()


def test_a_port_that_is_taken_is_named_with_who_has_it_and_another_one(squatter):
    settings = LocalSettings(port=squatter, metrics_port=free_range(3), watchers=2)

    with pytest.raises(LocalError, match=rf"Port {squatter} .*\(pid {os.getpid()}\).* PORT=\d+ make up"):
        require_free_ports(settings)


def test_a_watcher_port_that_is_taken_is_named(squatter):
    settings = LocalSettings(port=free_range(1), metrics_port=squatter - 1, watchers=1)

    with pytest.raises(LocalError, match=rf"Port ({squatter}|{squatter - 1}) .* METRICS_PORT=\d+ make up"):
        require_free_ports(settings)


def test_the_api_and_the_metrics_cannot_share_a_port():
    with pytest.raises(LocalError, match="wanted for the API and for metrics"):
        require_free_ports(LocalSettings(port=9101, metrics_port=9100))


def test_free_ports_are_fine():
    first = free_range(3)

    require_free_ports(LocalSettings(port=first, metrics_port=first + 1))


BELOW_THE_EPHEMERAL = (20_000, 32_000)


def free_range(length: int) -> int:
    """Return the first of some neighbouring ports that are free, where no connection takes one meanwhile."""
    while True:
        first = random.randrange(*BELOW_THE_EPHEMERAL)
        if all(is_free(port) for port in range(first, first + length)):
            return first


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_secrets_are_made_once_and_only_their_owner_reads_them(tmp_path):
    file = tmp_path / "new" / "secrets.env"

    secrets = keep_secrets(file)

    assert set(secrets) == {"JWT_SECRET", "PIN_PEPPER", "CONSOLE_TOKEN"}
    assert len(set(secrets.values())) == 3
    assert all(len(secret) >= 43 for secret in secrets.values())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert keep_secrets(file) == secrets


def test_a_secret_that_is_missing_is_added_to_those_that_are_kept(tmp_path):
    file = tmp_path / "secrets.env"
    file.write_text("PIN_PEPPER=an=old one\n")

    secrets = keep_secrets(file)

    assert secrets["PIN_PEPPER"] == "an=old one"
    assert keep_secrets(file) == secrets


def test_secrets_of_the_environment_go_before_the_kept_ones(monkeypatch):
    monkeypatch.setenv("PIN_PEPPER", "from the environment")

    env = environment(LocalSettings(), "mongodb://somewhere")

    assert env["PIN_PEPPER"] == "from the environment"
    assert env["JWT_SECRET"] == keep_secrets(LocalSettings().data_dir / "secrets.env")["JWT_SECRET"]
    assert env["MONGODB_URI"] == "mongodb://somewhere"
    assert env["LOG_FORMAT"] == "console"
    assert env["LISTEN_HOST"] == "127.0.0.1", "a developer's machine is not for its neighbours"


def test_each_watcher_has_its_index_and_only_the_api_shares_metrics(tmp_path):
    children = Children({"PORT": "8000"})

    assert children.watcher(3).env == {"PORT": "8000", "WATCHER_INDEX": "3"}
    assert children.watcher(3).name == "watcher-3"
    assert children.api(tmp_path).env["PROMETHEUS_MULTIPROC_DIR"] == str(tmp_path)


def test_the_port_of_last_time_is_kept_while_it_is_free(tmp_path, squatter):
    file = tmp_path / "mongodb-uri"
    assert port_of_last_time(file) is None

    file.write_text("mongodb://127.0.0.1:39017/?replicaSet=dompet\n")
    assert port_of_last_time(file) == 39017

    file.write_text(f"mongodb://127.0.0.1:{squatter}/?replicaSet=dompet\n")
    assert port_of_last_time(file) is None


def test_example_data_without_demo_users_has_none(tmp_path):
    assert demo_users(tmp_path) == []


def test_demo_users_are_read_from_their_file(tmp_path):
    (tmp_path / "demo-users.json").write_text(json.dumps([vars(SITI) | {"note": "the first"}]))

    assert demo_users(tmp_path) == [SITI]


def test_example_data_is_looked_for_beside_the_code_then_here(tmp_path, monkeypatch):
    monkeypatch.setattr("wallet.local.example_data.PROJECT_ROOT", tmp_path / "elsewhere")
    assert find_example_data() is None

    (tmp_path / "example_data").mkdir()
    assert find_example_data() == tmp_path / "example_data"


def test_the_banner_says_where_everything_is():
    text = banner(LocalSettings(watchers=2), "mongodb://127.0.0.1:39017/?replicaSet=dompet", [SITI])

    for address in (
        "http://127.0.0.1:8000\n",
        "http://127.0.0.1:8000/docs/\n",
        "http://127.0.0.1:9101/\n",
        "CONSOLE_TOKEN in ",
        ":9100/metrics",
        ":9101/metrics",
        ":9102/metrics",
        "127.0.0.1:39017/",
    ):
        assert address in text
    assert "Siti Rahayu" in text
    assert "246810" in text


def test_where_moto_is_installed_it_stands_in_for_s3_and_the_banner_says_that_it_forgets():
    storage = local_storage(LocalSettings())

    env = environment(LocalSettings(), "mongodb://somewhere", storage)

    assert env["EXPORTS_ENDPOINT"] == f"http://127.0.0.1:{storage.port}"
    assert env["EXPORTS_BUCKET"] == storage.bucket
    assert Children(env).storage(storage).argv[-2:] == (str(storage.port), storage.bucket)
    told = banner(LocalSettings(), "mongodb://somewhere", [], storage)
    assert re.search(rf"Exports .*:{storage.port} \(moto: in memory", told)


def test_where_it_is_not_installed_exports_are_off(monkeypatch):
    monkeypatch.setattr("wallet.local.storage.find_spec", lambda _name: None)

    assert local_storage(LocalSettings()) is None
    assert "EXPORTS_BUCKET" not in environment(LocalSettings(), "mongodb://somewhere")
    assert "Exports" not in banner(LocalSettings(), "mongodb://somewhere", [])


def test_a_bucket_of_ones_own_is_used_instead(monkeypatch):
    monkeypatch.setenv("EXPORTS_BUCKET", "my-exports")

    assert local_storage(read_settings()) is None
    assert environment(read_settings(), "mongodb://somewhere")["EXPORTS_BUCKET"] == "my-exports"


def test_the_banner_keeps_the_token_of_the_console_and_names_no_console_without_a_watcher():
    settings = LocalSettings()
    token = keep_secrets(settings.data_dir / SECRETS)["CONSOLE_TOKEN"]

    assert token not in banner(settings, "mongodb://somewhere", [])
    assert "Console" not in banner(LocalSettings(watchers=0), "mongodb://somewhere", [])


def test_the_banner_names_no_documentation_that_is_switched_off():
    assert "/docs/" not in banner(LocalSettings(docs=False), "mongodb://somewhere", [])


def test_the_banner_keeps_the_password_of_a_database():
    text = banner(LocalSettings(), "mongodb+srv://dompet:hunter2@db.example/?w=majority", [])

    assert "hunter2" not in text
    assert "mongodb+srv://dompet:***@db.example/?w=majority" in text


@pytest.mark.parametrize("demo_user", [SITI, None])
def test_the_tour_is_bash(demo_user):
    text = tour("http://127.0.0.1:8000", demo_user)

    subprocess.run(["bash", "-n"], input=text, text=True, check=True)
    assert text.count("/register") == (1 if demo_user else 2)


class Sleepless:
    """A supervisor that counts how often it was told to wait."""

    pauses = 0

    def say(self, _line: str) -> None: ...

    def pause(self) -> None:
        self.pauses += 1


def test_whoever_is_not_ready_in_time_is_named(monkeypatch):
    monkeypatch.setattr("wallet.local.readiness.READY_SECONDS", 0.05)
    first = free_range(3)
    settings = LocalSettings(port=first, metrics_port=first + 1)

    with pytest.raises(LocalError, match=rf"api \(.*:{first}/readyz\), watcher-0 \(.*:{first + 2}/readyz\)"):
        await_ready(endpoints(settings), Sleepless())
