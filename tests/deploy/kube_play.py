"""A rendered Deployment, started by `kube play`. The tests ask its probes, as the kubelet would."""

import json
from contextlib import contextmanager
from copy import deepcopy

import yaml
from cluster import PRODUCTION, settings
from containers import forget, tell, wait_for
from manifests import render

PROBES = ("startupProbe", "livenessProbe", "readinessProbe")


@contextmanager
def played(cluster, name, folder):
    """Start the Deployment and yield the name of its pod; everything is gone afterwards."""
    file = folder / "kube.yaml"
    file.write_text(yaml.safe_dump_all([*_config_maps(cluster), _deployment(cluster, name)]))
    pod = cluster.stage.name(name) + "-pod-0"
    try:
        tell("kube", "play", "--network", cluster.stage.network, str(file))
        yield pod
    finally:
        forget("pod", "rm", "--force", pod)
        for volume in ("tmp", "dompet-mongodb-ca"):
            forget("volume", "rm", cluster.stage.name(volume))


def root_is_read_only(pod):
    names = [one["Name"] for one in json.loads(tell("pod", "inspect", pod))["Containers"]]
    (name,) = [name for name in names if not name.endswith("-infra")]
    return tell("inspect", "--format", "{{.HostConfig.ReadonlyRootfs}}", name) == "true"


def assert_passes(cluster, pod, spec, probe):
    """Ask a probe as often and as patiently as its manifest says."""
    wanted = spec[probe]
    get, timeout_s = wanted["httpGet"], wanted["timeoutSeconds"]
    port = next(port["containerPort"] for port in spec["ports"] if port["name"] == get["port"])
    wait_for(
        lambda: cluster.answers_beside(("--pod", pod), port, get["path"], timeout_s),
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
