"""A rendered Deployment, started by `kube play`. The tests ask its probes, as the kubelet would."""

import json
from contextlib import contextmanager
from copy import deepcopy

import yaml
from cluster import PRODUCTION, settings
from containers import Container, forget, tell, wait_for
from manifests import render

PROBES = ("startupProbe", "livenessProbe", "readinessProbe")


@contextmanager
def played(cluster, name, folder):
    """Start the Deployment and yield its container; everything is gone afterwards."""
    file = folder / "kube.yaml"
    documents = [*_config_maps(cluster), _deployment(cluster, name)]
    file.write_text(yaml.safe_dump_all(documents))
    pod = cluster.stage.name(name) + "-pod-0"
    try:
        tell("kube", "play", "--network", cluster.stage.network, str(file))
        containers = json.loads(tell("pod", "inspect", pod))["Containers"]
        (container,) = [one for one in containers if not one["Name"].endswith("-infra")]
        yield Container(container["Name"], container["Id"])
    finally:
        forget("pod", "rm", "--force", pod)
        for volume in ("tmp", "dompet-mongodb-ca"):
            forget("volume", "rm", cluster.stage.name(volume))


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
    """The Deployment with our image, and with names of this run: `kube play` makes volumes that all can see.

    What belongs to the kubelet is left out: `kube play` would want curl in the image for the probes, and
    publish every port to the world. Secrets are written out: each of its releases reads them another way.
    """
    deployment = deepcopy(render(PRODUCTION).named("Deployment", name))
    deployment["metadata"] = {"name": cluster.stage.name(name)}
    spec = deployment["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    for one in (*PROBES, "lifecycle", "ports"):
        container.pop(one, None)
    container |= {"image": cluster.image, "imagePullPolicy": "Never"}
    container["envFrom"][0]["configMapRef"]["name"] = cluster.stage.name("dompet")
    told = cluster.environment(name)
    container["env"] = [{"name": one["name"], "value": told[one["name"]]} for one in container["env"]]
    for volume in spec["volumes"]:
        if "configMap" in volume:
            volume["configMap"]["name"] = cluster.stage.name(volume["configMap"]["name"])
    for volume in (*spec["volumes"], *container["volumeMounts"]):
        volume["name"] = cluster.stage.name(volume["name"])
    return deployment


def _config_maps(cluster):
    contents = {"dompet": settings(), "dompet-mongodb-ca": {"ca.crt": "nobody's"}}
    return [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": cluster.stage.name(name)},
            "data": data,
        }
        for name, data in contents.items()
    ]
