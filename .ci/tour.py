"""Start `make up` on free ports as a newcomer would; walk the original request's examples and docs/api.md."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
DATE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
STARTED_WITHIN_S = 120


class Api:
    """The seven endpoints, at one base address and with one token."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.token = ""

    def __call__(self, method: str, path: str, body: object = None) -> tuple[int, dict]:
        request = urllib.request.Request(
            self.base + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as reply:
                return reply.status, json.load(reply)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)


def expect(what: str, reply: tuple[int, dict], status: int, result: dict) -> dict:
    """Check a success: its status, and each field against a value, a pattern or a type."""
    code, body = reply
    assert (code, body.get("status")) == (status, "SUCCESS"), (what, reply)
    for field, wanted in result.items():
        found = body["result"][field]
        good = wanted.fullmatch(str(found)) if isinstance(wanted, re.Pattern) else found == wanted
        assert good, (what, field, found, wanted)
    print(f"tour: {what}: as in the original request")
    return body["result"]


def refused(what: str, reply: tuple[int, dict], status: int, message: str) -> None:
    assert (reply[0], reply[1].get("message")) == (status, message), (what, reply)
    print(f"tour: {what}: {message}")


def walk(api: Api) -> None:
    guntur = {
        "first_name": "Guntur",
        "last_name": "Saputro",
        "phone_number": "0811255501",
        "address": "Jl. Kebon Sirih No. 1",
        "pin": "123456",
    }
    shown = {field: value for field, value in guntur.items() if field != "pin"}
    expect("register", api("POST", "/register", guntur), 201, shown | {"user_id": UUID, "created_date": DATE})
    refused("register again", api("POST", "/register", guntur), 409, "Phone Number already registered")
    tom = {"first_name": "Tom", "last_name": "Araya", "address": "Jl. Diponegoro No. 215"}
    friend = api("POST", "/register", tom | {"phone_number": "0811255502", "pin": "654321"})
    friend = friend[1]["result"]["user_id"]
    wrong = {"phone_number": "0811255501", "pin": "654321"}
    refused("wrong pin", api("POST", "/login", wrong), 401, "Phone number and pin doesn't match.")
    refused("no token", api("POST", "/topup", {"amount": 1}), 401, "Unauthenticated")
    tokens = expect(
        "login", api("POST", "/login", wrong | {"pin": "123456"}), 200, {"refresh_token": re.compile(".+")}
    )
    api.token = tokens["access_token"]
    expect(
        "top up",
        api("POST", "/topup", {"amount": 500_000}),
        201,
        {
            "top_up_id": UUID,
            "amount_top_up": 500_000,
            "balance_before": 0,
            "balance_after": 500_000,
            "created_date": DATE,
        },
    )
    pulsa = {"amount": 100_000, "remarks": "Pulsa Telkomsel 100k"}
    expect(
        "pay",
        api("POST", "/pay", pulsa),
        201,
        pulsa
        | {"payment_id": UUID, "balance_before": 500_000, "balance_after": 400_000, "created_date": DATE},
    )
    refused("pay too much", api("POST", "/pay", pulsa | {"amount": 400_001}), 409, "Balance is not enough")
    gift = {"target_user": friend, "amount": 30_000, "remarks": "Hadiah Ultah"}
    sent = expect(
        "transfer",
        api("POST", "/transfer", gift),
        202,
        gift | {"transfer_id": UUID, "balance_before": 400_000, "balance_after": 370_000},
    )
    settled(api, sent["transfer_id"])
    lines = api("GET", "/transactions")[1]["result"]
    assert [line["transaction_type"] for line in lines] == ["DEBIT", "DEBIT", "CREDIT"], lines
    assert [line["status"] for line in lines] == ["SUCCESS"] * 3, lines
    print("tour: transactions: as in the original request")
    expect("update profile", api("PUT", "/profile", tom), 200, tom | {"user_id": UUID, "updated_date": DATE})


def settled(api: Api, transfer: str) -> None:
    deadline = time.monotonic() + 5
    while api("GET", f"/transfers/{transfer}")[1]["result"]["status"] != "SUCCESS":
        assert time.monotonic() < deadline, "the transfer was not settled within 5 seconds"
        time.sleep(0.02)


def free_ports(count: int) -> list[int]:
    """Return ``count`` neighbouring ports that are free now."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            first = probe.getsockname()[1]
        try:
            for port in range(first, first + count):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            continue
        return list(range(first, first + count))


def ready(base: str, up: subprocess.Popen) -> bool:
    deadline = time.monotonic() + STARTED_WITHIN_S
    while time.monotonic() < deadline and up.poll() is None:
        try:
            with urllib.request.urlopen(f"{base}/readyz", timeout=2):
                return True
        except OSError:
            time.sleep(0.2)
    return False


def stop(up: subprocess.Popen) -> None:
    """Stop what make runs. A signal to make itself reaches it too, but then make dies of it, as make does."""
    children = Path(f"/proc/{up.pid}/task/{up.pid}/children").read_text().split()
    for child in children:
        os.kill(int(child), signal.SIGTERM)


def main() -> None:
    port, metrics_port, _watcher = free_ports(3)
    with tempfile.TemporaryDirectory() as data:
        environment = {**os.environ, "PORT": str(port), "METRICS_PORT": str(metrics_port), "DATA_DIR": data}
        up = subprocess.Popen(["make", "up"], env=environment)
        try:
            base = f"http://127.0.0.1:{port}"
            assert ready(base, up), "`make up` did not become ready"
            walk(Api(base))
            guided = subprocess.run([".venv/bin/python", "-m", "tests.guide", base], check=False)
            assert guided.returncode == 0, "docs/api.md does not tell the truth"
            audited = subprocess.run([".venv/bin/dompet", "audit"], env=environment, check=False)
            assert audited.returncode == 0, "the audit found offences"
        finally:
            stop(up)
            code = up.wait(timeout=60)
    assert code == 0, f"`make up` ended with {code}"
    print("tour: everything stopped in order")


if __name__ == "__main__":
    sys.exit(main())
