"""A wallet's whole life on a server that lets nobody do more than their role says, with real processes."""

import base64
import os
import subprocess
import sys

import pytest
from api import random_id
from click.testing import CliRunner
from processes import Deployment, wait_for

from wallet.cli import main
from wallet.rules.money import LARGEST_CAP
from wallet.store.roles import Duty, name_of

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def dompet():
    """Call the command as a user of MongoDB; it must succeed."""

    def dompet(uri, name, *arguments):
        command = [*arguments, "--uri", uri, "--database", name]
        result = CliRunner().invoke(main, command, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    return dompet


def test_a_wallets_whole_life(deployment, database, mongod, dompet, tmp_path):
    guntur, tom = (deployment.api.sign_up() for _ in range(2))
    guntur.top_up(10_000)
    guntur.pay(1_000, key="lunch")
    assert guntur.pay(1_000, key="lunch").headers["Idempotency-Replayed"] == "true"
    settled = guntur.transfer(tom.id, 2_000).result["transfer_id"]
    wait_for(lambda: guntur.transfer_status(settled).result["status"] == "SUCCESS")
    assert tom.update_profile(first_name="Tomas").status == 200
    assert len(guntur.transactions(limit=10).result) == 3

    full = deployment.api.sign_up()
    full.top_up(LARGEST_CAP)
    given_back = guntur.transfer(full.id, 500).result["transfer_id"]
    wait_for(lambda: guntur.transfer_status(given_back).result["status"] == "FAILED")
    assert (guntur.balance, tom.balance) == (7_000, 2_000)
    wait_for(lambda: "wallet_mongodb_oplog_window_seconds " in deployment.metrics(of_watcher=1))
    wait_for(lambda: database["proofs"].find_one({"_id": "pass"}))

    as_operator = mongod.uri_as(Duty.OPERATOR, database.name)
    for command in ("audit", "doctor", "queue", "watchers"):
        assert "not authorized" not in dompet(as_operator, database.name, command)
    assert given_back in dompet(as_operator, database.name, "transfers", "list", "--status", "FAILED")
    dompet(as_operator, database.name, "transfers", "show", settled)
    dompet(as_operator, database.name, "dump", str(tmp_path / "dump"))


@pytest.mark.parametrize("gate", ["open", "webhook"])
def test_the_tour_of_a_deployment(mongod, database, tmp_path, gate):  # noqa: ARG001 - it is empty afterwards
    """As users where users may top up, as the payment provider where it does."""
    secret = base64.b64encode(bytes(range(32))).decode()
    deployment = Deployment(mongod, tmp_path, TOP_UP_GATE=gate, TOP_UP_SECRET=secret)
    with deployment.pod(), deployment.watcher():
        done = subprocess.run(
            [sys.executable, "deploy/verify/tour.py", deployment.url],
            env=os.environ | {"TOP_UP_SECRET": secret},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert ("POST /topup/webhook: 201" in done.stdout) is (gate == "webhook")


def test_from_an_empty_server_to_one_with_users(client, mongod, dompet):
    """Roles by who may make them; migrations, the doctor and example data by the role of migrations."""
    name = f"dompet_{random_id()[:8]}"
    made = dompet(mongod.uri, name, "roles").split()
    assert {name_of(duty, name) for duty in Duty} <= set(made)
    as_migration = mongod.uri_as(Duty.MIGRATION, name)
    assert "applied m0001" in dompet(as_migration, name, "migrate")
    dompet(as_migration, name, "doctor")
    dompet(as_migration, name, "seed", "example_data")
    dompet(mongod.uri_as(Duty.OPERATOR, name), name, "audit")
    client.drop_database(name)
