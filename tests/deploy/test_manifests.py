"""What deploy/ asks of a cluster: valid, whole, safe, and in step with the program."""

import json
import re
import runpy
import shutil
import subprocess
import tempfile
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import jsonschema
import kubernetes_validate
import pytest
import yaml
from apiflask import APIFlask
from manifests import (
    DEPLOY,
    OVERLAYS,
    containers,
    name_of,
    ours,
    ports_of,
    render,
    schemas_dir,
    verify_job,
)
from prometheus_client import CollectorRegistry

from service import resources
from service.settings import ServiceSettings
from wallet.store.client import OPERATION_S
from wallet.store.roles import Duty, roles
from wallet.store.roles import name_of as role_of
from watcher.ops import create_app as create_ops
from watcher.settings import WatcherSettings

KUBERNETES = ("1.30", "1.34")
CUSTOM = {"MongoDBCommunity", "PodMonitor", "PrometheusRule", "ScaledObject"}
SECRET = "not-a-secret-but-32-characters-long"
KEY = "bm90LWEtc2VjcmV0LWJ1dC0zMi1ieXRlcy1sb25nIS0="
SETTINGS = {
    "api": set(map(str.upper, ServiceSettings.model_fields)),
    "watcher": set(map(str.upper, WatcherSettings.model_fields)),
}
OF_A_SECRET = {"JWT_SECRET", "PIN_PEPPER", "TOP_UP_SECRET", "MONGODB_URI", "CONSOLE_TOKEN"}
OF_THE_IMAGE = {"REVISION"}
"""What the build writes into the image, for the program to read."""


@pytest.fixture(params=[*OVERLAYS, "external"])
def rendered(request):
    """Every overlay, and production with its MongoDB elsewhere."""
    return external() if request.param == "external" else render(DEPLOY / "overlays" / request.param)


@pytest.fixture
def prod():
    return render(DEPLOY / "overlays" / "prod")


def external():
    """Swap the component as the overlay's comment says."""
    with tempfile.TemporaryDirectory(dir=DEPLOY / "overlays") as folder:
        for file in (DEPLOY / "overlays" / "prod").iterdir():
            shutil.copy(file, folder)
        kustomization = Path(folder, "kustomization.yaml")
        text = kustomization.read_text().replace(
            "  - ../../components/mongodb-operator", "  - ../../components/mongodb-external"
        )
        kustomization.write_text(text)
        return render(Path(folder))


class TestValid:
    @pytest.mark.parametrize("version", KUBERNETES)
    def test_kubernetes_knows_every_field(self, rendered, version):
        for one in rendered.objects:
            if one["kind"] not in CUSTOM:
                kubernetes_validate.validate(one, version, strict=True)

    def test_so_do_the_operators(self, rendered):
        for one in rendered.of(*CUSTOM):
            jsonschema.validate(one, custom_schema(one))

    def test_a_misspelt_field_is_seen(self, prod):
        """Else the two tests above would pass whatever they are given."""
        deployment = json.loads(json.dumps(prod.named("Deployment", "dompet-api")))
        deployment["spec"]["template"]["spec"]["containers"][0]["imagePullPolcy"] = "Always"

        with pytest.raises(kubernetes_validate.ValidationError):
            kubernetes_validate.validate(deployment, KUBERNETES[0], strict=True)

    def test_a_field_of_another_shape_is_seen_by_them_too(self, prod):
        for one in map(json.loads, map(json.dumps, prod.of(*CUSTOM))):
            field, value = next(iter(one["spec"].items()))
            one["spec"][field] = {"misspelt": True} if isinstance(value, list) else ["misspelt"]
            with pytest.raises(jsonschema.ValidationError):
                jsonschema.validate(one, custom_schema(one))

    @pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not on PATH")
    def test_prometheus_takes_the_rules(self, prod, tmp_path):
        file = tmp_path / "rules.yaml"
        file.write_text(yaml.safe_dump(prod.named("PrometheusRule", "dompet")["spec"]))

        subprocess.run(["promtool", "check", "rules", str(file)], check=True, capture_output=True)

    @pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not on PATH")
    def test_prometheus_takes_the_inner_loops_configuration(self, tmp_path):
        text = (DEPLOY / "components/observability-dev/scrape.yaml").read_text()
        file = tmp_path / "prometheus.yaml"
        file.write_text(text)

        subprocess.run(["promtool", "check", "config", str(file)], check=True, capture_output=True)


class TestWhole:
    """Whatever refers to something finds it."""

    def test_workloads_select_their_own_pods(self, rendered):
        for one in rendered.of("Deployment", "StatefulSet"):
            selector = one["spec"]["selector"]["matchLabels"]
            assert rendered.selected_by(selector) == [one["spec"]["template"]], name_of(one)

    def test_whatever_selects_pods_finds_some(self, rendered):
        """Those of the operator are made by it, with the labels that the resource asks for."""
        for one in rendered.of("Service", "PodDisruptionBudget", "NetworkPolicy", "PodMonitor"):
            for labels in selections(one):
                assert rendered.selected_by(labels) or labels in made_by_others(rendered), (
                    name_of(one),
                    labels,
                )

    def test_spread_is_over_ones_own_pods(self, rendered):
        for template in rendered.templates.values():
            for constraint in template["spec"].get("topologySpreadConstraints", ()):
                assert rendered.selected_by(constraint["labelSelector"]["matchLabels"]) == [template]

    def test_services_lead_to_named_ports(self, rendered):
        for one in rendered.of("Service"):
            ports = ports_of(rendered.selected_by(one["spec"]["selector"]))
            for port in one["spec"]["ports"]:
                assert port["targetPort"] in ports, name_of(one)

    def test_the_ingress_leads_to_a_service(self, rendered):
        for path in paths(rendered):
            service = rendered.named("Service", path["backend"]["service"]["name"])
            ports = [port["name"] for port in service["spec"]["ports"]]
            assert path["backend"]["service"]["port"]["name"] in ports

    def test_prometheus_asks_named_ports(self, rendered):
        for one in rendered.of("PodMonitor"):
            ports = ports_of(rendered.selected_by(one["spec"]["selector"]["matchLabels"]))
            assert {endpoint["port"] for endpoint in one["spec"]["podMetricsEndpoints"]} <= set(ports)

    def test_policies_open_named_ports(self, rendered):
        for one in rendered.of("NetworkPolicy"):
            for rule in one["spec"].get("ingress", ()):
                for port in rule["ports"]:
                    for labels in selections(one):
                        named = ports_of(rendered.selected_by(labels))
                        assert port["port"] in {*named, *named.values(), 27017}, name_of(one)

    def test_scalers_scale_what_is_there(self, prod):
        for one in prod.of("HorizontalPodAutoscaler", "ScaledObject"):
            target = prod.named("Deployment", one["spec"]["scaleTargetRef"]["name"])
            assert "replicas" not in target["spec"], "applying it again would undo the scaler"

    def test_accounts_exist(self, rendered):
        for template in rendered.templates.values():
            account = template["spec"].get("serviceAccountName", "default")
            assert account in {"default", *rendered.names("ServiceAccount")}

    def test_secrets_and_settings_exist_or_are_told_to_be_made(self, rendered):
        promised = promised_secrets()
        for name, template in rendered.templates.items():
            for kind, wanted, keys in references(template):
                if wanted in rendered.names(kind):
                    assert keys <= set(contents(rendered.named(kind, wanted))), (name, wanted)
                else:
                    assert keys <= promised[wanted], (name, wanted)


class TestProbes:
    def test_they_ask_what_the_program_answers(self, rendered):
        routes = {"http": routes_of(api()), "metrics": routes_of(ops())}
        for name, probe in probes(rendered):
            assert probe["httpGet"]["path"] in routes[probe["httpGet"]["port"]], name

    def test_liveness_never_asks_mongodb(self, rendered):
        for template in rendered.templates.values():
            for container in ours(template):
                for probe in ("livenessProbe", "startupProbe"):
                    if probe in container:
                        assert container[probe]["httpGet"]["path"] == "/livez"

    def test_readiness_waits_for_as_long_as_the_program_asks(self, rendered):
        """It asks the server twice, two seconds each (wallet/store/health.py)."""
        for template in rendered.templates.values():
            for container in ours(template):
                if "readinessProbe" in container:
                    assert container["readinessProbe"]["timeoutSeconds"] > 4

    def test_production_has_all_three(self, prod):
        for name in ("dompet-api", "dompet-watcher"):
            (container,) = prod.named("Deployment", name)["spec"]["template"]["spec"]["containers"]
            assert {"startupProbe", "livenessProbe", "readinessProbe"} <= container.keys()

    def test_the_inner_loop_restarts_no_container(self):
        """What was synced into it would be gone."""
        for name in ("dompet-api", "dompet-watcher"):
            template = render(DEPLOY / "overlays/dev").named("Deployment", name)["spec"]["template"]
            (container,) = template["spec"]["containers"]
            assert not {"startupProbe", "livenessProbe"} & container.keys()


class TestSafe:
    def test_pods_are_restricted(self, rendered):
        """The rules of the Restricted profile, which the namespace enforces."""
        for name, template in rendered.templates.items():
            spec = template["spec"]
            assert spec["securityContext"]["runAsNonRoot"] is True, name
            assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
            assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys(), name
            for container in containers(template):
                context = container["securityContext"]
                assert context["allowPrivilegeEscalation"] is False, name
                assert context["capabilities"] == {"drop": ["ALL"]}, name
                assert not any("hostPort" in port for port in container.get("ports", ())), name

    def test_nobody_has_a_token_of_the_cluster(self, rendered):
        for name, template in rendered.templates.items():
            assert template["spec"]["automountServiceAccountToken"] is False, name

    def test_production_writes_to_memory_only(self, prod):
        for template in prod.templates.values():
            memory = [one["name"] for one in template["spec"]["volumes"] if "emptyDir" in one]
            for container in containers(template):
                assert container["securityContext"]["readOnlyRootFilesystem"] is True
                mounts = {one["name"]: one["mountPath"] for one in container["volumeMounts"]}
                assert [mounts[name] for name in memory] == ["/tmp"]

    def test_memory_is_limited(self, rendered):
        for name, template in rendered.templates.items():
            for container in containers(template):
                assert "memory" in container["resources"]["limits"], name

    def test_production_has_no_secret_in_it(self, prod):
        assert prod.of("Secret") == []

    def test_passwords_come_by_reference(self, rendered):
        for template in rendered.templates.values():
            for container in ours(template):
                for variable in container.get("env", ()):
                    if variable["name"] in OF_A_SECRET:
                        assert "secretKeyRef" in variable["valueFrom"]

    def test_watchers_know_no_secret_of_the_api(self, rendered):
        text = json.dumps(rendered.named("Deployment", "dompet-watcher"))
        assert "JWT_SECRET" not in text
        assert "PIN_PEPPER" not in text
        assert "TOP_UP_SECRET" not in text

    def test_images_are_pinned(self, rendered):
        for name, template in rendered.templates.items():
            for container in containers(template):
                image = container["image"]
                assert re.search(r":[\w.-]+$", image) or image == "dompet", name
                assert not image.endswith(":latest"), name
                assert "bitnami" not in image, name

    def test_the_ingress_reaches_the_api_only(self, rendered):
        """Neither metrics nor watchers nor MongoDB."""
        assert {path["backend"]["service"]["name"] for path in paths(rendered)} == {"dompet-api"}
        (port,) = rendered.named("Service", "dompet-api")["spec"]["ports"]
        assert port["targetPort"] == "http"

    def test_policies_let_the_ingress_reach_the_api_only(self, prod):
        reached = []
        for one in prod.of("NetworkPolicy"):
            for rule in one["spec"].get("ingress", ()):
                for peer in rule["from"]:
                    if "ingress-nginx" in json.dumps(peer):
                        reached += [(selections(one), port["port"]) for port in rule["ports"]]
        assert reached == [([{"app.kubernetes.io/name": "dompet-api"}], "http")]

    def test_everybody_is_denied_first(self, prod):
        policy = prod.named("NetworkPolicy", "default-deny")["spec"]
        assert policy["podSelector"] == {}
        assert policy["policyTypes"] == ["Ingress", "Egress"]
        assert "ingress" not in policy


class TestRolesOfMongodb:
    def test_they_are_those_of_the_program(self, prod):
        (mongodb,) = prod.of("MongoDBCommunity")
        assert mongodb["spec"]["security"]["roles"] == roles("dompet")

    def test_the_file_is_as_generated(self):
        folder = DEPLOY / "mongodb"
        made = runpy.run_path(str(folder / "generate.py"))["text"]()
        assert (folder / "roles.yaml").read_text() == made

    def test_every_user_has_one_role_and_no_two_the_same(self, prod):
        (mongodb,) = prod.of("MongoDBCommunity")
        users = {user["name"]: user["roles"] for user in mongodb["spec"]["users"]}
        assert sorted(users) == ["dompet-migration", "dompet-operator", "dompet-pod", "dompet-watcher"]
        for name, granted in users.items():
            duty = Duty(name.removeprefix("dompet-").capitalize())
            assert granted == [{"name": role_of(duty, "dompet"), "db": "admin"}]

    @pytest.mark.parametrize(
        ("kind", "name", "duty"),
        [
            ("Deployment", "dompet-api", "pod"),
            ("Deployment", "dompet-watcher", "watcher"),
            ("Job", "dompet-migrate", "migration"),
        ],
    )
    def test_every_workload_is_its_own_user(self, rendered, kind, name, duty):
        template = rendered.named(kind, name)["spec"]["template"]
        wanted = {name for _, name, keys in references(template) if "connectionString.standard" in keys}
        assert wanted == {f"dompet-mongodb-{duty}"}


class TestStopOrder:
    def test_requests_have_the_time_that_gunicorn_gives_them(self, rendered, monkeypatch):
        spec = rendered.named("Deployment", "dompet-api")["spec"]["template"]["spec"]
        drained_s = spec["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]

        assert drained_s >= 5, "proxies hear of it a while later"
        assert spec["terminationGracePeriodSeconds"] >= drained_s + graceful_timeout(monkeypatch) + 10

    def test_a_watcher_has_the_time_to_finish_a_batch(self, rendered):
        spec = rendered.named("Deployment", "dompet-watcher")["spec"]["template"]["spec"]

        assert spec["terminationGracePeriodSeconds"] >= 2 * OPERATION_S + 10

    def test_nobody_goes_before_somebody_has_come(self, rendered):
        for name in ("dompet-api", "dompet-watcher"):
            strategy = rendered.named("Deployment", name)["spec"]["strategy"]["rollingUpdate"]
            assert strategy == {"maxSurge": 1, "maxUnavailable": 0}


class TestSettings:
    """The manifests and the program know the same variables."""

    @pytest.mark.parametrize("kind", ["api", "watcher"])
    def test_every_setting_has_a_value(self, rendered, kind):
        assert SETTINGS[kind] - OF_THE_IMAGE <= set(environment(rendered, kind))

    def test_every_value_is_a_setting(self, rendered):
        known = SETTINGS["api"] | SETTINGS["watcher"]
        assert set(rendered_settings(rendered)) <= known
        for kind in ("api", "watcher"):
            own = set(environment(rendered, kind)) - set(rendered_settings(rendered))
            assert own - {"GUNICORN_CMD_ARGS", "GEVENT_SUPPORT"} <= SETTINGS[kind]

    def test_the_program_takes_them(self, rendered, monkeypatch):
        for name, value in rendered_settings(rendered).items():
            monkeypatch.setenv(name, value)
        api, watcher = program_settings()
        ports = ports_of([rendered.named("Deployment", "dompet-api")["spec"]["template"]])
        assert ports == {"http": api.port, "metrics": api.metrics_port}
        ports = ports_of([rendered.named("Deployment", "dompet-watcher")["spec"]["template"]])
        assert ports == {"metrics": watcher.own_port}

    def test_production_has_the_programs_defaults(self, prod, monkeypatch):
        """One truth: whoever reads README.md knows what runs."""
        for name in rendered_settings(prod):
            monkeypatch.delenv(name, raising=False)
        by_default = program_settings()
        for name, value in rendered_settings(prod).items():
            if name != "TOP_UP_GATE":
                monkeypatch.setenv(name, value)
        assert program_settings() == by_default

    @pytest.mark.parametrize("overlay", [render, lambda _path: external()], ids=["prod", "external"])
    def test_nobody_makes_money_in_production(self, overlay):
        """The one setting that is stricter here than in the program."""
        settings = rendered_settings(overlay(DEPLOY / "overlays" / "prod"))
        assert settings["TOP_UP_GATE"] == "webhook"


class TestTables:
    """deploy/README.md says what there is."""

    def test_environment(self):
        documented = {name for row in table("Environment") for name in re.findall(r"`(\w+)`", row[0])}
        assert documented == SETTINGS["api"] | SETTINGS["watcher"]

    def test_resources(self):
        documented = {name for row in table("Resources") for name in re.findall(r"`([^`]+)`", row[0])}
        overlays = [render(DEPLOY / "overlays" / name) for name in OVERLAYS]
        made = {name_of(one) for rendered in [*overlays, external()] for one in rendered.objects}
        assert documented == {re.sub(r"-[0-9a-z]{10}$", "", name) for name in made}

    def test_endpoints(self):
        for endpoints, port, *_ in table("Endpoints"):
            routes = metrics_routes(port) | routes_of(ops() if "watcher" in port else api())
            assert set(re.findall(r"`(/[^`]*)`", endpoints)) <= routes

    def test_ports(self, prod):
        for _, port, *_ in table("Endpoints"):
            name, number = re.match(r"`(\w+)` (\d+)", port).groups()
            owner = "dompet-watcher" if "watcher" in port else "dompet-api"
            assert ports_of([prod.named("Deployment", owner)["spec"]["template"]])[name] == int(number)


def program_settings():
    """What both kinds of process read in this environment."""
    secrets = {"jwt_secret": SECRET, "pin_pepper": SECRET, "top_up_secret": KEY}
    api = ServiceSettings(mongodb_uri="mongodb://db", **secrets)
    return api, WatcherSettings(mongodb_uri="mongodb://db")


def custom_schema(one):
    file = f"{one['kind']}_{one['apiVersion'].split('/')[1]}.json".lower()
    # Go allows a flag in the middle of an expression, Python at its start only.
    return json.loads((schemas_dir() / file).read_text().replace("^(?i)", "(?i)^"))


def selections(one):
    """The labels that an object selects pods by, one set for each kind of pod."""
    spec = one["spec"]
    selector = spec.get("selector") if one["kind"] != "NetworkPolicy" else spec["podSelector"]
    if selector is None or selector == {}:
        return []
    if one["kind"] == "Service":
        return [selector]
    labels = [selector["matchLabels"]] if "matchLabels" in selector else []
    for expression in selector.get("matchExpressions", ()):
        labels += [{expression["key"]: value} for value in expression["values"]]
    return labels


def made_by_others(rendered):
    """Labels of pods that are not rendered: an operator's, and those that verify."""
    made = [one["spec"]["statefulSet"]["spec"]["template"] for one in rendered.of("MongoDBCommunity")]
    made += [verify_job(name)["spec"]["template"] for name in ("tour", "audit")]
    name = "app.kubernetes.io/name"
    elsewhere = [{name: "dompet-mongodb"}] if rendered.names("NetworkPolicy") else []
    return [{name: one["metadata"]["labels"][name]} for one in made] + elsewhere


def references(template):
    """What a pod wants of secrets and settings: kind, name and keys."""
    for container in containers(template):
        for source in container.get("envFrom", ()):
            yield "ConfigMap", source["configMapRef"]["name"], set()
        for variable in container.get("env", ()):
            wanted = variable.get("valueFrom", {}).get("secretKeyRef")
            if wanted:
                yield "Secret", wanted["name"], {wanted["key"]}
    for volume in template["spec"].get("volumes", ()):
        for source in (volume, *volume.get("projected", {}).get("sources", ())):
            if "configMap" in source:
                yield "ConfigMap", source["configMap"]["name"], set()


def contents(one):
    return {**one.get("data", {}), **one.get("stringData", {})}


def promised_secrets():
    """What deploy/README.md asks people to make: the keys by the name."""
    promised = {"dompet-mongodb-ca": set()}
    for names, keys, *_ in table("Secrets"):
        promised |= {name: set(re.findall(r"`([^`]+)`", keys)) for name in re.findall(r"`([^`]+)`", names)}
    return promised


def probes(rendered):
    for name, template in rendered.templates.items():
        for container in ours(template):
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                if probe in container:
                    yield f"{name} {probe}", container[probe]


def paths(rendered):
    return [
        path
        for one in rendered.of("Ingress")
        for rule in one["spec"]["rules"]
        for path in rule["http"]["paths"]
    ]


def api():
    """The routes alone: they need neither settings nor a place for metrics."""
    app = APIFlask(__name__, docs_path=None)
    for module in iter_modules(resources.__path__):
        app.register_blueprint(import_module(f"service.resources.{module.name}").bp)
    return app


def ops():
    return create_ops(CollectorRegistry(), lambda: 0.0, lambda: None)


def routes_of(app):
    return {rule.rule for rule in app.url_map.iter_rules()}


def metrics_routes(port):
    """The metrics of the API have a server of their own, made by the exporter."""
    return {"/metrics"} if port.startswith("`metrics` 9100") else set()


def rendered_settings(rendered):
    """The data of the ConfigMap of settings."""
    template = rendered.named("Deployment", "dompet-api")["spec"]["template"]
    (source,) = template["spec"]["containers"][0]["envFrom"]
    return rendered.named("ConfigMap", source["configMapRef"]["name"])["data"]


def environment(rendered, kind):
    template = rendered.named("Deployment", f"dompet-{kind}")["spec"]["template"]
    own = [variable["name"] for variable in template["spec"]["containers"][0]["env"]]
    return [*rendered_settings(rendered), *own]


def graceful_timeout(monkeypatch):
    for name, value in {"MONGODB_URI": "mongodb://db", "JWT_SECRET": SECRET, "PIN_PEPPER": SECRET}.items():
        monkeypatch.setenv(name, value)
    from service import gunicorn_conf  # noqa: PLC0415 - it reads the environment

    return gunicorn_conf.graceful_timeout


def table(heading):
    """The rows of the table under a heading of deploy/README.md."""
    section = re.split(rf"^## {heading}$", (DEPLOY / "README.md").read_text(), flags=re.MULTILINE)[1]
    lines = section.split("\n## ")[0].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return [row for row in rows if not set(row[0]) <= {"-"}][1:]
