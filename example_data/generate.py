#!/usr/bin/env python3
"""Makes the dump beside it: the same people, transactions and ids each time.

    .venv/bin/python example_data/generate.py

It drives the real engines against a real MongoDB of its own, so every entry was made as the API and the
watcher make them; only the dates come from the story. Salts of PIN hashes and the ids that MongoDB gives to
collections are new each time.
"""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from bank import Bank
from people import DEMO_PINS, Person, make_people
from story import Story

from wallet.audit import audit
from wallet.embedded import EmbeddedServer
from wallet.store.client import connect, open_database
from wallet.store.dump import dump
from wallet.store.migrate import migrate
from wallet.store.opening import Store

SEED = 20_261_120
FOLDER = Path(__file__).parent
DATABASE = "dompet"


def write_demo_users(people: Sequence[Person]) -> None:
    users = [
        {"name": one.name, "phone_number": one.phone_number, "pin": one.pin, "user_id": str(one.id)}
        for one in people
    ]
    (FOLDER / "demo-users.json").write_text(json.dumps(users, indent=2, ensure_ascii=False) + "\n")


def fill(database: Store) -> None:
    rng = Random(SEED)  # noqa: S311 - the same story each time, no secret
    bank = Bank(database, rng)
    people = make_people(rng)
    for person in people:
        bank.register(person)
    *_, frozen, closed = demo_users = people[: len(DEMO_PINS)]
    Story(bank, people, rng).tell(frozen, closed)
    write_demo_users(demo_users)


def main() -> None:
    with (
        TemporaryDirectory() as data_dir,
        EmbeddedServer(Path(data_dir)) as server,
        connect(server.uri, application="example-data") as client,
    ):
        database = open_database(client, DATABASE)
        migrate(database)
        fill(database)
        report = audit(database)
        if not report.clean:
            raise SystemExit("\n".join(map(str, report.offences)))
        shutil.rmtree(FOLDER / DATABASE, ignore_errors=True)
        dump(database, FOLDER)


if __name__ == "__main__":
    main()
