"""compose.yaml's services, as the options of ``run``: what is there of it without Docker's own plugin."""

from contextlib import contextmanager

import yaml
from containers import tell
from manifests import ROOT

SERVICES = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]


@contextmanager
def volume(name):
    """A volume that is gone afterwards."""
    tell("volume", "create", name)
    try:
        yield name
    finally:
        tell("volume", "rm", name)


def options(name, secrets):
    """What a service says of its container; ``secrets`` is the volume of that name."""
    service = SERVICES[name]
    said = ["--read-only"] if service["read_only"] else []
    for option, key in (
        ("--tmpfs", "tmpfs"),
        ("--cap-drop", "cap_drop"),
        ("--cap-add", "cap_add"),
        ("--security-opt", "security_opt"),
        ("--volume", "volumes"),
    ):
        for value in service.get(key, ()):
            said += [option, value.replace("secrets:/", f"{secrets}:/").replace("./", f"{ROOT}/")]
    return [*said, "--user", service["user"]] if "user" in service else said


def command(name):
    """A service's command; Compose makes one dollar of two."""
    return [word.replace("$$", "$") for word in SERVICES[name]["command"]]
