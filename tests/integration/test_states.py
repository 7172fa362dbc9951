"""The tables of docs/api/states.md, walked: what each route answers in each state, and how transfers end."""

import base64
import json
import re
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from api import PIN, Api, User, in_process
from books import assert_balanced
from factories import balance_of, kinds_of, open_wallets, queue_transfer, row_of, set_status
from pydantic import SecretStr
from watching import Diary, execute_rows, make_executor

from service.openapi import ANSWERS
from service.top_up_gate import Gate, sign
from wallet.models import Kind, WalletStatus
from wallet.rules.partition import PARTITIONS
from wallet.store.queue import Queue

PAGE = Path(__file__).parents[2] / "docs" / "api" / "states.md"
STATES = list(WalletStatus)
SECRET = base64.b64encode(bytes(range(32))).decode()
NEW_PIN = "482913"


def table(heading):
    """Return the table below ``heading``, by row and state: ``{"POST /pay": {"ACTIVE": "201", ...}}``."""
    (section,) = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    lines = [line for line in section.splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
    return {row.strip("`"): dict(zip(STATES, cells, strict=True)) for row, *cells in rows}


OWN = table("What you are answered")
OTHERS = table("What others are answered")
UNDER_WAY = table("What is under way")


def told(reply):
    """A reply as the tables tell it."""
    return f"{reply.status} `{reply.json['code']}`" if reply.status >= 400 else str(reply.status)


@dataclass(frozen=True)
class World:
    """Somebody whose wallet is about to change its state, a friend, and what there is of them."""

    owner: User
    friend: User
    number: str
    refresh_token: str
    transfer: str
    export: str


@pytest.fixture
def world(api):
    owner, friend = api.sign_up(), api.sign_up()
    for one in (owner, friend):
        one.top_up(10_000)
    transfer = owner.transfer(friend.id, 1_000).result["transfer_id"]
    number = owner.profile().result["phone_number"]
    export = owner.export().result["export_id"]
    return World(owner, friend, number, api.login(number).result["refresh_token"], transfer, export)


@pytest.fixture
def deliver(build):
    """A function that pays in for a user, as the payment provider does."""

    def deliver(user):
        secret = SecretStr(SECRET)
        pod = Api(in_process(build(top_up_gate=Gate.WEBHOOK, top_up_secret=secret)))
        body = json.dumps({"user_id": user, "amount": 1_000}).encode()
        timestamp = str(int(time.time()))
        signed = {"Webhook-Id": "msg_1", "Webhook-Timestamp": timestamp}
        signed["Webhook-Signature"] = sign(SECRET, "msg_1", timestamp, body)
        return pod.post("/topup/webhook", body=body, headers=signed)

    return deliver


@pytest.fixture
def deeds(api, world, deliver):
    """By row of the first table, what its owner does."""
    owner, friend, number = world.owner, world.friend, world.number
    return {
        "POST /register": lambda: api.register(phone_number=number),
        "POST /login": lambda: api.login(number),
        "POST /refresh": lambda: api.refresh(world.refresh_token),
        "POST /logout": owner.log_out,
        "PUT /pin": lambda: owner.change_pin(NEW_PIN, PIN),
        "GET /profile": owner.profile,
        "PUT /profile": lambda: owner.update_profile(address="Jl. Diponegoro No. 215"),
        "GET /transactions": owner.transactions,
        "GET /transfers/{transfer_id}": lambda: owner.transfer_status(world.transfer),
        "GET /transfers/{transfer_id}/timeline": lambda: owner.get(f"/transfers/{world.transfer}/timeline"),
        # Without its body, which has no end.
        "GET /events": lambda: owner.request("HEAD", "/events"),
        "GET /statements/{month}": lambda: owner.get("/statements/2026-01"),
        "POST /exports": owner.export,
        "GET /exports/{export_id}": lambda: owner.export_status(world.export),
        "POST /lookup": lambda: owner.lookup(friend.profile().result["phone_number"]),
        "POST /topup": lambda: owner.top_up(1_000),
        "POST /topup/webhook": lambda: deliver(owner.id),
        "POST /pay": lambda: owner.pay(1_000),
        "POST /transfer?dry_run=true": lambda: owner.preview(friend.id, 1_000),
        "POST /transfer": lambda: owner.transfer(friend.id, 1_000),
    }


def test_every_route_is_in_the_table():
    """A new one: say there what a frozen and a closed user are answered."""
    assert {row.split("?")[0] for row in OWN} == set(ANSWERS)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("row", OWN)
def test_an_owner_is_answered_as_the_table_says(deeds, world, database, row, state):
    set_status(database, UUID(world.owner.id), state)

    assert told(deeds[row]()) == OWN[row][state]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("row", OTHERS)
def test_and_so_are_others(world, database, row, state):
    friend, owner = world.friend, world.owner
    deeds = {
        "POST /lookup": lambda: friend.lookup(world.number),
        "POST /transfer?dry_run=true": lambda: friend.preview(owner.id, 1_000),
        "POST /transfer": lambda: friend.transfer(owner.id, 1_000),
    }
    set_status(database, UUID(owner.id), state)

    assert told(deeds[row]()) == OTHERS[row][state]


@pytest.mark.parametrize("state", STATES)
def test_a_request_from_before_is_replayed_in_every_state(world, database, state):
    first = world.owner.pay(1_000, key="one")
    set_status(database, UUID(world.owner.id), state)

    again = world.owner.pay(1_000, key="one")

    assert (again.status, again.body) == (201, first.body)
    assert again.headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("state", STATES)
def test_the_profile_tells_the_state(world, database, state):
    set_status(database, UUID(world.owner.id), state)

    assert world.owner.profile().result["wallet_status"] == state


@pytest.mark.parametrize("sender_state", STATES)
@pytest.mark.parametrize("receiver_state", STATES)
def test_what_is_under_way_ends_as_the_table_says_and_is_never_parked(database, receiver_state, sender_state):
    """A real executor: whatever the two have become, the money arrives or is home again."""
    sender, receiver = open_wallets(database, 2, 1_000)
    transfer = queue_transfer(database, sender, receiver, 300)
    set_status(database, sender, sender_state)
    set_status(database, receiver, receiver_state)
    diary = Diary()

    execute_rows(make_executor(database, diary), Queue(database).pending(list(range(PARTITIONS)), 10))

    row = row_of(database, transfer)
    assert row["status"] == UNDER_WAY[receiver_state.lower()][sender_state]
    arrived = row["status"] == "SUCCESS"
    assert kinds_of(database, transfer)[0] == (Kind.TRANSFER_IN if arrived else Kind.REFUND)
    assert (balance_of(database, sender), balance_of(database, receiver)) == (
        (700, 1_300) if arrived else (1_000, 1_000)
    )
    assert row["failure"] == (None if arrived else "receiver_not_active")
    assert (row["parked"], diary.parks) == (False, {})
    assert_balanced(database)
