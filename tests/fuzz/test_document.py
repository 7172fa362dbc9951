"""The API keeps its own document: whatever it allows is answered as it says, whatever it forbids is refused."""

import json
import os
import subprocess
import sys
from contextlib import ExitStack

import pytest
import requests
from processes import Deployment

SECONDS = int(os.environ.get("SECONDS", "15"))
CHECKS = (
    *("not_a_server_error", "status_code_conformance", "content_type_conformance"),
    *("response_headers_conformance", "response_schema_conformance", "negative_data_rejection"),
    *("unsupported_method", "allow_header_conformance", "ignored_auth"),
)


@pytest.fixture
def fresh(mongod, database, tmp_path):  # noqa: ARG001 - it is audited afterwards
    deployment = Deployment(mongod, tmp_path, ACCESS_TOKEN_MINUTES="10000", TOP_UP_GATE="open")
    with ExitStack() as stack:
        for start in (deployment.pod, deployment.watcher):
            stack.enter_context(start())
        yield deployment


@pytest.fixture
def guntur(fresh):
    """Somebody with money."""
    guntur = fresh.api.sign_up()
    guntur.top_up(10**15)
    return guntur


def pointed(document, tom, transfer):
    """``document`` with ids that exist, else hardly a transfer would find a receiver."""
    body = document["components"]["schemas"]["TransferRequest"]["properties"]["target_user"]
    (path, *_) = document["paths"]["/transfers/{transfer_id}"]["get"]["parameters"]
    for schema, existing in ((body, tom), (path["schema"], transfer)):
        told = dict(schema)
        schema.clear()
        schema |= {"anyOf": [{"const": existing}, told]}
    return document


def test_whatever_is_sent_gets_an_answer_of_the_document_and_the_books_balance(
    fresh, guntur, tmp_path, database
):
    tom = fresh.api.sign_up()
    transfer = guntur.transfer(tom.id, 1).result["transfer_id"]
    document = tmp_path / "openapi.json"
    address = f"{fresh.url}/openapi.json"
    document.write_text(json.dumps(pointed(requests.get(address, timeout=10).json(), tom.id, transfer)))

    ended = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", str(document), "--url", fresh.url),
            *("--header", f"Authorization: Bearer {guntur.token}", "--checks", ",".join(CHECKS)),
            *("--max-time", str(SECONDS), "--request-timeout", "10", "--continue-on-failure"),
            *("--generation-database", "none", "--suppress-health-check", "all", "--no-color"),
        ],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )

    print(ended.stdout)
    assert ended.returncode == 0, ended.stdout
    kinds = {"TOP_UP", "PAYMENT", "TRANSFER_OUT"}
    assert set(database["entries"].distinct("kind")) >= kinds, "it hardly reached the ledger"
