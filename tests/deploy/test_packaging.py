"""Dockerfile, compose.yaml and skaffold.yaml: valid, and in step with the program and the manifests."""

import fnmatch
import json
import re
import shutil
import subprocess
import tomllib

import jsonschema
import kubernetes_validate
import pytest
import yaml
from manifests import DEPLOY, OVERLAYS, ROOT, containers, ours, render, schemas_dir, verify_job

from service.settings import ServiceSettings
from wallet.local.settings import LocalSettings
from wallet.local.storage import BUCKET, Storage
from watcher.settings import WatcherSettings

DOCKERFILE = (ROOT / "Dockerfile").read_text()
TARGETS = re.findall(r"^FROM \S+ AS (\S+)$", DOCKERFILE, re.MULTILINE)
PACKAGES = [
    name.rstrip("*")
    for name in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"][
        "find"
    ]["include"]
]
LOOPBACK = "127.0.0.1"
PUBLISHED = "registry.example.com/dompet"
SERVICE_KEYS = {
    *("build", "cap_add", "cap_drop", "command", "depends_on", "environment", "healthcheck", "image"),
    *("network_mode", "networks", "ports", "read_only", "restart", "security_opt", "stop_grace_period"),
    *("tmpfs", "user", "volumes"),
}
"""Of the Compose specification, those in use here."""
OF_AWS = set(Storage(0).env) - {"EXPORTS_BUCKET", "EXPORTS_ENDPOINT"}


class TestImage:
    def test_the_last_target_is_the_strict_one(self):
        assert TARGETS[-1] == "runtime"

    def test_the_context_has_every_package(self):
        allowed = (ROOT / ".dockerignore").read_text().splitlines()
        assert allowed[1] == "*", "nothing is in it but what is named"
        assert {f"!{package}" for package in PACKAGES} <= set(allowed)

    def test_what_is_copied_is_in_the_context(self):
        allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"]
        for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE):
            *sources, _ = [word for word in line.split() if not word.startswith("--")]
            assert all(source == "." or source in allowed for source in sources), line

    def test_everything_allowed_is_there(self):
        for line in (ROOT / ".dockerignore").read_text().splitlines():
            assert line[:1] != "!" or (ROOT / line[1:]).exists(), line

    def test_dependencies_are_checked_by_hash(self):
        installs = re.findall(r"pip[^&]* install [^&]*", DOCKERFILE.replace("\\\n", " "))
        assert installs
        assert all("--require-hashes" in one or "--no-deps" in one for one in installs)

    def test_the_user_is_a_number_and_not_root(self):
        assert set(re.findall(r"^USER (.+)$", DOCKERFILE, re.MULTILINE)) == {"10001:10001"}


class TestCompose:
    @pytest.fixture
    def compose(self):
        return yaml.safe_load((ROOT / "compose.yaml").read_text())

    @pytest.fixture
    def dompet(self, compose):
        return {name: one for name, one in compose["services"].items() if one["image"] == "dompet"}

    def test_docker_takes_it(self):
        if not shutil.which("docker") or run("docker", "compose", "version").returncode:
            pytest.skip("docker compose is not installed")
        done = run("docker", "compose", "--file", str(ROOT / "compose.yaml"), "config", "--quiet")
        assert (done.returncode, done.stderr) == (0, b"")

    def test_no_key_is_misspelt(self, compose):
        for name, one in compose["services"].items():
            assert set(one) <= SERVICE_KEYS, name

    def test_what_is_mounted_exists(self, compose):
        for one in compose["services"].values():
            for volume in one.get("volumes", ()):
                source = volume.split(":")[0]
                assert source in compose["volumes"] or (ROOT / source).exists(), source

    def test_our_containers_are_strict(self, dompet):
        for one in dompet.values():
            assert one["read_only"] is True
            assert one["cap_drop"] == ["ALL"]
            assert one["build"]["target"] in TARGETS

    def test_only_the_maker_of_secrets_is_root(self, dompet):
        assert [name for name, one in dompet.items() if "user" in one] == ["secrets"]

    def test_ports_are_on_loopback(self, compose):
        for one in compose["services"].values():
            assert all(port.startswith(f"{LOOPBACK}:") for port in one.get("ports", ()))

    def test_every_variable_is_a_setting(self, dompet):
        known = {name.upper() for name in (*ServiceSettings.model_fields, *WatcherSettings.model_fields)}
        for one in dompet.values():
            assert set(one["environment"]) <= known | OF_AWS

    def test_the_others_are_those_of_the_inner_loop(self, compose, dompet):
        services = {
            name: one for name, one in compose["services"].items() if name not in {*dompet, "storage"}
        }
        others = {one["image"] for one in services.values()}
        templates = render(DEPLOY / "overlays/dev").templates.values()
        wanted = {one["image"] for template in templates for one in containers(template)}
        assert others == {image for image in wanted if not image.startswith("dompet:")}

    def test_exports_have_a_bucket_where_watchers_and_browsers_look_for_it(self, compose, dompet):
        storage = compose["services"]["storage"]
        assert f'create_bucket(Bucket="{BUCKET}")' in storage["healthcheck"]["test"][-1]
        assert storage["image"] == f"motoserver/moto:{locked('moto')}"
        told = {name: dompet[name]["environment"] for name in ("api", "watcher")}
        assert {one["EXPORTS_BUCKET"] for one in told.values()} == {BUCKET}
        assert told["watcher"]["EXPORTS_ENDPOINT"] == "http://storage:5000"
        assert told["api"]["EXPORTS_ENDPOINT"] == f"http://{storage['ports'][0].rsplit(':', 1)[0]}"

    def test_prometheus_finds_them_by_name(self, compose):
        text = (DEPLOY / "components/observability-dev/scrape.yaml").read_text()
        wanted = re.findall(r"names: \[(\S+)\]", text)
        services = compose["services"].values()
        aliases = [one["networks"]["default"]["aliases"] for one in services if "networks" in one]
        assert sorted(wanted) == sorted(alias for names in aliases for alias in names)

    def test_migrations_come_before_those_who_need_them(self, compose):
        def before(name):
            direct = compose["services"][name].get("depends_on", ())
            return set(direct).union(*map(before, direct))

        for name in ("api", "watcher", "seed"):
            assert {"mongodb", "migrate"} <= before(name)


class TestSkaffold:
    @pytest.fixture
    def skaffold(self):
        return yaml.safe_load((ROOT / "skaffold.yaml").read_text())

    @pytest.fixture
    def schema(self):
        return json.loads((schemas_dir() / "skaffold_v4beta13.json").read_text())

    @pytest.fixture
    def profiles(self, skaffold):
        return {profile["name"]: profile for profile in skaffold["profiles"]}

    def test_it_is_valid(self, skaffold, schema):
        jsonschema.validate(skaffold, schema)

    def test_a_misspelt_key_is_seen(self, skaffold, schema):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**skaffold, "portForwards": []}, schema)

    def test_profiles(self, profiles):
        assert list(profiles) == ["dev", "debug", "prod"]

    def test_images_are_targets_of_the_dockerfile(self, skaffold, profiles):
        assert targets(skaffold) == {"dompet": "dev", "dompet-verify": "verify"}
        assert targets(profiles["prod"]) == {PUBLISHED: "runtime", "dompet-verify": "verify"}
        assert {"dev", "runtime", "verify"} <= set(TARGETS)

    @pytest.mark.parametrize("overlay", OVERLAYS)
    def test_what_is_built_is_what_is_deployed(self, overlay):
        wanted = PUBLISHED if overlay == "prod" else "dompet"
        for template in render(DEPLOY / "overlays" / overlay).templates.values():
            assert {one["image"].rsplit(":", 1)[0] for one in ours(template)} <= {wanted}

    def test_every_package_is_synced_to_where_it_is_started_from(self, skaffold):
        rules = skaffold["build"]["artifacts"][0]["sync"]["manual"]
        dev = DOCKERFILE.split(" AS dev\n")[1].split("\nFROM")[0]
        assert {rule["dest"] for rule in rules} == set(re.findall(r"^WORKDIR (\S+)$", dev, re.MULTILINE))
        for package in PACKAGES:
            sources = [rule["src"] for rule in rules]
            assert any(fnmatch.fnmatch(f"{package}/any/file.py", source) for source in sources), package

    def test_every_synced_package_is_watched(self):
        watched = re.search(r"^ROOTS = \((.+)\)$", (DEPLOY / "dev/restart.py").read_text(), re.MULTILINE)[1]
        assert sorted(re.findall(r'"(\w+)"', watched)) == sorted(PACKAGES)

    def test_ports_are_forwarded_on_loopback_from_services_that_exist(self, skaffold):
        dev = render(DEPLOY / "overlays/dev")
        for one in skaffold["portForward"]:
            ports = dev.named("Service", one["resourceName"])["spec"]["ports"]
            assert one["port"] in [port["port"] for port in ports]
            assert one["address"] == LOOPBACK
        assert [one["localPort"] for one in skaffold["portForward"]] == [
            LocalSettings().port,
            9090,
            3000,
        ]

    def test_overlays_exist(self, skaffold, profiles):
        manifests = [skaffold["manifests"], profiles["debug"]["manifests"], profiles["prod"]["manifests"]]
        paths = [path for one in manifests for path in one["kustomize"]["paths"]]
        assert paths == [f"deploy/overlays/{name}" for name in OVERLAYS]

    def test_jobs_of_the_image_go_before_they_come_again(self, profiles):
        """A Job cannot be changed, and each build is another image."""
        told = {
            "dev": (DEPLOY / "dev/prepare.sh").read_text().split(),
            "prod": profiles["prod"]["deploy"]["kubectl"]["hooks"]["before"][0]["host"]["command"],
        }
        for name, command in told.items():
            for job in render(DEPLOY / "overlays" / name).of("Job"):
                if ours(job["spec"]["template"]):
                    assert job["metadata"]["name"] in command

    def test_production_makes_no_secrets(self, profiles):
        assert "prepare.sh" not in json.dumps(profiles["prod"]["deploy"])

    @pytest.mark.parametrize("name", ["tour", "audit"])
    def test_what_verifies_is_valid(self, skaffold, name):
        job = verify_job(name)
        kubernetes_validate.validate(job, "1.34", strict=True)
        (case,) = [one for one in skaffold["verify"] if one["name"] == name]
        (container,) = job["spec"]["template"]["spec"]["containers"]
        assert (container["name"], container["image"]) == (
            case["container"]["name"],
            case["container"]["image"],
        )
        assert case["executionMode"]["kubernetesCluster"]["jobManifestPath"] == f"deploy/verify/{name}.yaml"


def targets(config):
    """The Dockerfile's target of each image."""
    return {one["image"]: one["docker"]["target"] for one in config["build"]["artifacts"]}


def locked(package):
    """The version of it that the tests run with."""
    return re.search(
        rf"^{package}(?:\[\w+\])?==(\S+)", (ROOT / "requirements/dev.txt").read_text(), re.MULTILINE
    )[1]


def run(*argv):
    return subprocess.run(argv, capture_output=True, check=False)
