"""What is installed is what was locked, is recent enough, and nothing of ours is a secret."""

import math
import re
import subprocess
from collections import Counter
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.version import Version

ROOT = Path(__file__).parents[2]
OWN = str(Path(__file__).relative_to(ROOT))
LOCKS = ("runtime", "dev", "build")
FLOORS = {
    "gunicorn": "23.0",  # CVE-2024-1135, CVE-2024-6827: request smuggling
    "pyjwt": "2.15",  # CVE-2022-29217, -2024-53861, -2026-32597, -2026-48523
    "werkzeug": "3.0.6",  # CVE-2024-49766, -49767
    "flask": "3.1.1",  # CVE-2025-47278
    "pymongo": "4.6.3",  # CVE-2024-5629
    "requests": "2.32.4",  # CVE-2024-47081
    "urllib3": "2.6.0",  # CVE-2025-66418, -66471
    "h11": "0.16",  # CVE-2025-43859
}
"""Below these there are known holes."""


def locked(name):
    """The version of each package in a lock, with its hashes."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text().replace("\\\n", " ")
    return dict(re.findall(r"^([A-Za-z0-9._-]+(?:\[[a-z,]+\])?)==([^ ]+)", text, re.MULTILINE)), text


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_is_pinned_with_its_hashes(name):
    _, text = locked(name)
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]

    assert lines
    for line in lines:
        assert re.match(r"[A-Za-z0-9._\[\],-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line), line[:80]
        assert "://" not in line, line[:80]


@pytest.mark.parametrize("name", LOCKS)
@pytest.mark.parametrize("package", FLOORS)
def test_no_package_has_a_known_hole(name, package):
    found = locked(name)[0].get(package)

    assert found is None or Version(found) >= Version(FLOORS[package])


def test_what_runs_is_what_was_locked():
    """Else the tests prove another program than the one that is shipped."""
    wrong = {
        package: (wanted, version(package))
        for package, wanted in locked("runtime")[0].items()
        if version(package.partition("[")[0]) != wanted
    }

    assert wrong == {}


def test_every_install_checks_hashes():
    """In the Makefile as in the image; our own package has no dependencies left to fetch."""
    text = "\n".join((ROOT / name).read_text().replace("\\\n", " ") for name in ("Makefile", "Dockerfile"))
    installs = re.findall(r"pip install[^\n]*?(?=&&|\n)", text)

    assert installs
    for install in installs:
        assert "--require-hashes" in install or "--no-deps" in install, install


FORBIDDEN_NAMES = re.compile(
    r"\.(pem|key|p12|pfx|jks|kdbx|keytab)$|(^|/)(id_(rsa|ed25519)|\.env(\..*)?|\.netrc|\.pgpass)$"
)
PATTERNS = {
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "an AWS key": re.compile(r"\b(AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a token of GitHub": re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36}\b"),
    "a token of Slack": re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    "a key of Google": re.compile(r"\bAIza[0-9A-Za-z_-]{35}\b"),
    "a signed token": re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}"),
    "a password in an address": re.compile(r"\b[a-z+]+://[^\s/:@\"'<>{}$]+:[^\s/@\"'<>{}$*]+@[a-z0-9.-]+"),
}
ASSIGNED = re.compile(
    r"""(?i)(secret|password|pepper|token|api_?key)["']?\s*[:=]\s*["']?([A-Za-z0-9+/=_-]{24,})"""
)
RANDOM_BITS = 4.0
"""Of entropy a character: base64 of random bytes has more, words have less."""

HARMLESS = ("hunter2", "eyJzdWIiOiJzb21lYm9keSJ9")
"""Parts of what tests prove not to be logged: a password, and a token of "somebody"."""


def tracked():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("this is no git checkout")
    return [name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def texts():
    for name in tracked():
        if name.startswith("requirements/") or name.endswith(".bson"):
            continue
        try:
            yield name, (ROOT / name).read_text()
        except UnicodeDecodeError:
            continue


def entropy(text):
    """Bits a character."""
    return -sum(count / len(text) * math.log2(count / len(text)) for count in Counter(text).values())


def secrets_in(text):
    for kind, pattern in PATTERNS.items():
        for found in pattern.finditer(text):
            if not any(harmless in found[0] for harmless in HARMLESS):
                yield kind
    for found in ASSIGNED.finditer(text):
        if entropy(found[2]) > RANDOM_BITS:
            yield f"a {found[1].lower()}"


def test_no_file_is_a_key():
    assert [name for name in tracked() if FORBIDDEN_NAMES.search(name)] == []


def test_no_file_has_a_secret_in_it():
    """Tests make up secrets that look like real ones; what has the form of a real key is not made up."""
    found = {name: set(secrets_in(text)) for name, text in texts() if name != OWN}
    found = {
        name: kinds & set(PATTERNS) if name.startswith("tests/") else kinds for name, kinds in found.items()
    }

    assert {name: kinds for name, kinds in found.items() if kinds} == {}


@pytest.mark.parametrize(
    "planted",
    [
        "-----BEGIN " + "RSA PRIVATE KEY-----",
        "AKIA" + "Z7Q3XJ5K2M8N4P6R",
        "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8",
        "uri = 'mongodb://dompet:" + "Zk83hfPq@db.example.com'",
        'JWT_SECRET="' + "q8Zr2Lx0vY7mK3pT9wB5nC1dF6gH4jS8aE0u" + '"',
        "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0NTY3ODkwIn0." + "dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
    ],
)
def test_a_secret_would_be_found(planted):
    assert list(secrets_in(planted))
