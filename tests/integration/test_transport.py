"""The wire to MongoDB: TLS and a user, or nothing; nobody's certificate but our authority's."""

import shutil
import subprocess

import pymongo
import pytest
from pymongo.errors import OperationFailure, ServerSelectionTimeoutError
from secured import SecuredServer

from wallet.store.client import connect, open_database
from wallet.store.migrate import migrate, pending_migrations
from wallet.store.roles import Duty

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not on PATH")

NAME = "dompet_tls"


def openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def authority(folder, name):
    """Make a certificate authority of one's own; return its certificate."""
    key, made = f"{name}.key", f"{name}.crt"
    new = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}")
    openssl(folder, *new, "-keyout", key, "-out", made)
    return folder / made


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two authorities, ours and another; mongod's certificate is by ours."""
    folder = tmp_path_factory.mktemp("tls")
    for name in ("ours", "another"):
        authority(folder, name)
    ask = (
        "req",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        "/CN=mongod",
        "-addext",
        "subjectAltName=IP:127.0.0.1",
    )
    openssl(folder, *ask, "-keyout", "mongod.key", "-out", "mongod.csr")
    sign = ("x509", "-req", "-days", "2", "-in", "mongod.csr", "-copy_extensions", "copy")
    openssl(folder, *sign, "-CA", "ours.crt", "-CAkey", "ours.key", "-CAcreateserial", "-out", "mongod.crt")
    (folder / "mongod.pem").write_text(
        (folder / "mongod.key").read_text() + (folder / "mongod.crt").read_text()
    )
    return folder


@pytest.fixture(scope="module")
def mongod(folder):
    ours = str(folder / "ours.crt")
    options = ("--tlsMode", "requireTLS", "--tlsCertificateKeyFile", str(folder / "mongod.pem"))
    # Clients are known by their passwords and need no certificate.
    options += ("--tlsCAFile", ours, "--tlsAllowConnectionsWithoutCertificates")
    with SecuredServer(folder, options=options, query=f"&tls=true&tlsCAFile={ours}") as server:
        yield server


@pytest.fixture
def fast():
    """Give up soon: what cannot be reached here never can."""

    def fast(uri):
        options = {"serverSelectionTimeoutMS": 1_500, "connectTimeoutMS": 1_000}
        with pymongo.MongoClient(uri, **options) as client:
            client.admin.command("ping")
            return client[NAME]["users"].find_one()

    return fast


def test_the_program_works_over_tls(mongod):
    with connect(mongod.uri_as(Duty.MIGRATION, NAME), application="tests") as client:
        database = open_database(client, NAME)
        migrate(database)
        assert pending_migrations(database) == []


def test_a_plain_connection_is_refused(mongod, fast):
    plain = mongod.uri_as(Duty.POD, NAME).split("&tls=")[0]
    with pytest.raises(ServerSelectionTimeoutError):
        fast(plain)


def test_a_server_with_the_certificate_of_another_authority_is_not_talked_to(mongod, fast):
    uri = mongod.uri_as(Duty.POD, NAME).replace("ours.crt", "another.crt")
    with pytest.raises(ServerSelectionTimeoutError, match="certificate verify failed"):
        fast(uri)


def test_a_server_under_another_name_is_not_talked_to(mongod, fast):
    """What is in its certificate is what it is called."""
    port = mongod.uri.split("127.0.0.1:")[1].split("/")[0]
    uri = mongod.uri_as(Duty.POD, NAME).replace(f"127.0.0.1:{port}", f"localhost:{port}")
    with pytest.raises(ServerSelectionTimeoutError, match="mismatch"):
        fast(uri.replace("replicaSet=dompet", "directConnection=true"))


def test_without_a_user_nothing_can_be_had(mongod, fast):
    stranger = "mongodb://" + mongod.uri.split("@")[1].replace("&authSource=admin", "")
    with pytest.raises(OperationFailure) as refusal:
        fast(stranger)
    assert refusal.value.code == 13


def test_with_a_wrong_password_neither(mongod, fast):
    with pytest.raises(OperationFailure) as refusal:
        fast(mongod.uri_as(Duty.POD, NAME).replace(":a%20password", ":no%20password"))
    assert refusal.value.code == 18


def test_zlib_is_not_offered(mongod):
    """CVE-2025-14847."""
    with pymongo.MongoClient(mongod.uri) as client:
        hello = client.admin.command("hello", compression=["zlib", "snappy", "zstd"])
    assert hello["compression"] == ["snappy", "zstd"]
