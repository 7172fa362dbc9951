"""A rendered Deployment, started by `kube play`. The tests ask its probes, as the kubelet would."""

import json
from contextlib import contextmanager
from copy import deepcopy

import yaml
from cluster import PRODUCTION, settings
from containers import Container, tell, wait_for
from manifests import render

PROBES = ("startupProbe", "livenessProbe", "readinessProbe")


@contextmanager
def played(cluster, name, folder):
    """Start the first container of the Deployment and yield it; everything is gone afterwards."""
    file = folder / "kube.yaml"
    documents = [*_secrets(cluster), _settings(cluster), _deployment(cluster, name)]
    file.write_text(yaml.safe_dump_all(documents))
    try:
        said = tell("kube", "play", "--network", cluster.stage.network, str(file))
        pod = said.split("Pod:\n")[1].split()[0]
        names = json.loads(tell("pod", "inspect", pod))["Containers"]
        (container,) = [one for one in names if not one["Name"].endswith("-infra")]
        yield Container(container["Name"], container["Id"])
    finally:
        tell("kube", "play", "--down", str(file))
        for secret in _secrets(cluster):
            tell("secret", "rm", secret["metadata"]["name"])


def assert_passes(cluster, container, spec, probe):
    """Ask a probe as often and as patiently as its manifest says."""
    wanted = spec[probe]
    get, timeout_s = wanted["httpGet"], wanted["timeoutSeconds"]
    port = next(port["containerPort"] for port in spec["ports"] if port["name"] == get["port"])
    wait_for(
        lambda: cluster.answers_within(container, port, get["path"], timeout_s),
        f"{probe} passes",
        wanted["periodSeconds"] * wanted["failureThreshold"],
    )


def _deployment(cluster, name):
    """Without what belongs to the kubelet: `kube play` would want curl in the image for the probes."""
    deployment = deepcopy(render(PRODUCTION).named("Deployment", name))
    deployment["metadata"] = {"name": cluster.stage.name(name)}
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    for one in (*PROBES, "lifecycle"):
        container.pop(one, None)
    container |= {"image": cluster.image, "imagePullPolicy": "Never"}
    text = json.dumps(deployment)
    for one in (*_secrets(cluster), _settings(cluster)):
        theirs = one["metadata"]["name"]
        ours = theirs.removesuffix(f"-{theirs.split('-')[-1]}")
        text = text.replace(f'"name": "{ours}", "key"', f'"name": "{theirs}", "key"')
    source = container["envFrom"][0]["configMapRef"]["name"]
    return json.loads(text.replace(f'"{source}"', f'"{_settings(cluster)["metadata"]["name"]}"'))


def _settings(cluster):
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": cluster.stage.name("dompet")},
        "data": settings(),
    }


def _secrets(cluster):
    contents = {
        "dompet-api": {"JWT_SECRET": cluster.jwt_secret, "PIN_PEPPER": cluster.pepper},
        "dompet-mongodb": {"connectionString.standard": cluster.uri("dompet")},
    }
    return [
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": cluster.stage.name(name)},
            "stringData": data,
        }
        for name, data in contents.items()
    ]
