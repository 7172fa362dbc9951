"""The API keeps its document: what that allows is answered as it says, what it forbids is refused."""

import json
import os
import subprocess
import sys
from contextlib import ExitStack

import pytest
import requests
from processes import Deployment
from storage import Bucket

SECONDS = int(os.environ.get("SECONDS", "12"))
CHECKS = (
    *("not_a_server_error", "status_code_conformance", "content_type_conformance"),
    *("response_headers_conformance", "response_schema_conformance", "negative_data_rejection"),
    *("unsupported_method", "allow_header_conformance", "ignored_auth"),
)
ENDS_SESSIONS = ("/logout", "/pin", "/refresh")
"""Whoever sends these is nobody afterwards: they are fuzzed by somebody else, for a quarter of the time."""

ENDLESS = ("--exclude-path", "/events")
"""It has no end while all is well: tests/integration/test_events.py sends to it what is malformed."""


@pytest.fixture
def fresh(mongod, database, tmp_path):  # noqa: ARG001 - it is audited afterwards
    storage = Bucket(tmp_path)
    settings = {"ACCESS_TOKEN_MINUTES": "10000", "TOP_UP_GATE": "open", "RATE_LIMITS": "false"}
    deployment = Deployment(mongod, tmp_path, **settings, **storage.env)
    with ExitStack() as stack:
        stack.enter_context(storage.open())
        for start in (deployment.pod, deployment.watcher):
            stack.enter_context(start())
        yield deployment


@pytest.fixture
def guntur(fresh):
    """Somebody with money."""
    guntur = fresh.api.sign_up()
    guntur.top_up(10**15)
    return guntur


@pytest.fixture
def tom(fresh):
    return fresh.api.sign_up()


@pytest.fixture
def document(fresh, guntur, tom):
    """The API's, with ids that exist: else hardly a transfer would find a receiver."""
    transfer = guntur.transfer(tom.id, 1).result["transfer_id"]
    export = guntur.export().result["export_id"]
    document = requests.get(f"{fresh.url}/openapi.json", timeout=10).json()
    body = document["components"]["schemas"]["TransferRequest"]["properties"]["target_user"]
    (moved, *_) = document["paths"]["/transfers/{transfer_id}"]["get"]["parameters"]
    (made, *_) = document["paths"]["/exports/{export_id}"]["get"]["parameters"]
    (after,) = (
        one
        for one in document["paths"]["/transactions"]["get"]["parameters"]
        if one["name"] == "after_transfer"
    )
    for schema, existing in (
        (body, tom.id),
        (moved["schema"], transfer),
        (after["schema"], transfer),
        (made["schema"], export),
    ):
        told = dict(schema)
        schema.clear()
        schema |= {"anyOf": [{"const": existing}, told]}
    return document


@pytest.fixture
def fuzz(fresh, document, tmp_path):
    """A function that sends for some seconds whatever comes to mind as somebody; it returns an exit code."""
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(document))

    def fuzz(user, seconds, *selection):
        return subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "run", str(file), "--url", fresh.url),
                *("--header", f"Authorization: Bearer {user.token}", "--checks", ",".join(CHECKS)),
                *("--max-time", str(seconds), "--request-timeout", "10", "--continue-on-failure"),
                *("--generation-database", "none", "--suppress-health-check", "all", "--no-color"),
                *selection,
            ],
            cwd=tmp_path,
            check=False,
        ).returncode

    return fuzz


def test_whatever_is_sent_gets_an_answer_of_the_document_and_the_books_balance(fuzz, guntur, tom, database):
    without, only = (
        [word for path in ENDS_SESSIONS for word in (option, path)]
        for option in ("--exclude-path", "--include-path")
    )

    assert fuzz(guntur, SECONDS, *without, *ENDLESS) == 0
    assert fuzz(tom, max(SECONDS // 4, 3), *only) == 0

    kinds = {"TOP_UP", "PAYMENT", "TRANSFER_OUT"}
    assert set(database["entries"].distinct("kind")) >= kinds, "it hardly reached the ledger"
