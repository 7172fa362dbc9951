"""What kustomize makes of deploy/, as objects to look at."""

import functools
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
OVERLAYS = ("dev", "debug", "prod")
WORKLOADS = {"Deployment", "StatefulSet", "Job"}


@dataclass(frozen=True)
class Rendered:
    """All objects of one overlay."""

    objects: tuple

    def of(self, *kinds):
        return [one for one in self.objects if one["kind"] in kinds]

    def named(self, kind, name):
        (found,) = [one for one in self.of(kind) if one["metadata"]["name"] == name]
        return found

    def names(self, kind):
        return {one["metadata"]["name"] for one in self.of(kind)}

    @property
    def templates(self):
        """The pod template of every workload, by kind and name."""
        return {name_of(one): one["spec"]["template"] for one in self.of(*WORKLOADS)}

    def selected_by(self, labels):
        """The templates whose pods have these labels."""
        return [one for one in self.templates.values() if labels.items() <= one["metadata"]["labels"].items()]


@functools.cache
def render(path):
    """Render a folder with whichever kustomize there is."""
    done = subprocess.run([*_kustomize(), str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "deprecated" not in done.stderr, done.stderr
    return Rendered(tuple(yaml.safe_load_all(done.stdout)))


def _kustomize():
    if shutil.which("kubectl"):
        return "kubectl", "kustomize"
    if shutil.which("kustomize"):
        return "kustomize", "build"
    return pytest.skip("neither kubectl nor kustomize is on PATH")


def schemas_dir():
    """Where the JSON schemas of custom resources and of skaffold are."""
    folder = os.environ.get("SCHEMAS_DIR")
    return Path(folder) if folder else pytest.skip("SCHEMAS_DIR names no folder of JSON schemas")


def verify_job(name):
    """The Job that `skaffold verify` starts."""
    return yaml.safe_load((DEPLOY / "verify" / f"{name}.yaml").read_text())


def name_of(one):
    return f"{one['kind']}/{one['metadata']['name']}".lower()


def containers(template):
    """The containers of a pod, those that run first included."""
    spec = template["spec"]
    return [*spec.get("initContainers", ()), *spec["containers"]]


def ours(template):
    return [one for one in containers(template) if one["image"].split("/")[-1].split(":")[0] == "dompet"]


def ports_of(templates):
    """The named ports of these pods."""
    return {
        port["name"]: port["containerPort"]
        for template in templates
        for container in template["spec"]["containers"]
        for port in container.get("ports", ())
    }
