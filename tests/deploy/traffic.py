"""Clients that send transfers through the ingress, and remember every answer."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import requests
from api import Api, over_http, random_id

CLIENTS = 8
PAUSE_S = 0.02
"""A person, not a benchmark: failures are looked for here, not figures."""

AGAIN_AFTER_S = 0.5
TOLD_TO_TRY_AGAIN_S = 30.0


class Traffic:
    """Senders that each pay the next one; a ``with`` block of load."""

    def __init__(self, url):
        self._url = url
        nobody = Api(over_http(url))
        self._people = [nobody.sign_up() for _ in range(CLIENTS)]
        for person in self._people:
            assert person.top_up(1_000_000).status == 201
        self._stop = Event()
        self._pool = ThreadPoolExecutor(CLIENTS)
        self.accepted = [{} for _ in range(CLIENTS)]
        self.failures = []

    def __enter__(self):
        self._running = [self._pool.submit(self._send, i) for i in range(CLIENTS)]
        return self

    def __exit__(self, *_exception):
        self._stop.set()
        for one in self._running:
            one.result()
        self._pool.shutdown()

    @property
    def sent(self):
        return sum(map(len, self.accepted))

    def _send(self, i):
        with requests.Session() as session:
            person = Api(over_http(self._url, session), self._people[i].token)
            target = self._people[(i + 1) % CLIENTS].id
            while not self._stop.is_set():
                self._send_one(i, person, target, random_id())
                time.sleep(PAUSE_S)

    def _send_one(self, i, person, target, key):
        """Send one transfer, and again under its key for as long as the answer is to try again."""
        patience = time.monotonic() + TOLD_TO_TRY_AGAIN_S
        while time.monotonic() < patience:
            try:
                reply = person.transfer(target, 1, key=key)
            except requests.RequestException as fault:
                self.failures.append(repr(fault))
            else:
                if reply.status == 202:
                    self.accepted[i][reply.result["transfer_id"]] = time.monotonic()
                    return
                self.failures.append((reply.status, reply.json["code"]))
            time.sleep(AGAIN_AFTER_S)
        self.failures.append(f"{key} was never answered")

    def assert_each_happened_once(self):
        """What was accepted is all there is, however often it was asked for."""
        assert [set(ids) for ids in self._listed()] == [set(accepted) for accepted in self.accepted]
        assert [len(ids) for ids in self._listed()] == [len(accepted) for accepted in self.accepted]

    def _listed(self):
        return [[line["transfer_id"] for line in self._debits(person)] for person in self._people]

    def _debits(self, person):
        lines = person.transactions().result
        return [line for line in lines if "transfer_id" in line and line["transaction_type"] == "DEBIT"]

    def unsettled(self, accepted_before=float("inf")):
        """The transfers that have not arrived."""
        waiting = []
        for person, accepted in zip(self._people, map(dict, self.accepted), strict=True):
            waiting += [
                line["transfer_id"]
                for line in self._debits(person)
                if line["status"] != "SUCCESS" and accepted.get(line["transfer_id"], 0) < accepted_before
            ]
        return waiting
