"""Writes roles.yaml beside it, from the table in wallet/store/roles.py.

.venv/bin/python deploy/mongodb/generate.py
"""

from pathlib import Path

import yaml

from wallet.store.roles import roles

FILE = Path(__file__).with_name("roles.yaml")
DATABASE = "dompet"

_HEAD = "# Made by deploy/mongodb/generate.py. Change wallet/store/roles.py, not this file.\n"


def text() -> str:
    """Return the roles as a patch of the operator's resource."""
    patch = {
        "apiVersion": "mongodbcommunity.mongodb.com/v1",
        "kind": "MongoDBCommunity",
        "metadata": {"name": "dompet-mongodb"},
        "spec": {"security": {"roles": roles(DATABASE)}},
    }
    return _HEAD + yaml.safe_dump(patch, sort_keys=False, default_flow_style=None, width=110)


if __name__ == "__main__":
    FILE.write_text(text())
