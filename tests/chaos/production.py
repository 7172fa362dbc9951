"""How MongoDB is run in production: the replica set of a run behaves as the manifests say."""

from collections.abc import Mapping
from typing import Any

import yaml

from wallet.local.root import PROJECT_ROOT

_MANIFEST = PROJECT_ROOT / "deploy" / "components" / "mongodb-operator" / "mongodb.yaml"


def replica_set_settings() -> Mapping[str, Any]:
    settings: Mapping[str, Any] = _spec()["automationConfig"]["replicaSet"]["settings"]
    return settings


def parameters() -> Mapping[str, Any]:
    """Return what each member is told by ``setParameter``."""
    told: Mapping[str, Any] = _spec()["additionalMongodConfig"]["setParameter"]
    return told


def _spec() -> Mapping[str, Any]:
    spec: Mapping[str, Any] = yaml.safe_load(_MANIFEST.read_text())["spec"]
    return spec
