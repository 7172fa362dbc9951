"""Server-sent events: each entry of one's wallet once and in order, whatever happens to the connection."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from api import Api, in_process
from watching import wait_until

from wallet.use_cases.waiters import Awaited


class Follower:
    """A client that reads events, in this process."""

    def __init__(self, app, user, last=None):
        self.headers = {"Authorization": f"Bearer {user.token}"}
        if last is not None:
            self.headers["Last-Event-ID"] = str(last)
        self.reply = app.test_client().open("/events", headers=self.headers)
        assert self.reply.status_code == 200, self.reply.data
        self._parts = iter(self.reply.response)
        self._text = ""
        assert next(self._parts) == b"retry: 1000\n\n"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.reply.close()

    def read(self, count):
        """Return the next ``count`` events, and keep what came with them."""
        events = []
        while len(events) < count:
            block, separator, rest = self._text.partition("\n\n")
            if separator:
                self._text = rest
                events += [event(block)] if not block.startswith(":") else []
            else:
                self._text += next(self._parts).decode()
        return events


def event(block):
    fields = dict(line.split(": ", 1) for line in block.splitlines())
    return int(fields["id"]), fields["event"], json.loads(fields["data"])


@pytest.fixture
def people(api):
    guntur, tom = api.sign_up(), api.sign_up()
    guntur.top_up(10_000)
    return guntur, tom


@pytest.fixture
def waiters(app):
    return app.extensions["dompet"].waiting_room.waiters


class TestEvents:
    def test_each_movement_is_told_as_the_report_tells_it(self, app, people, settle):
        guntur, tom = people
        with Follower(app, guntur) as sender, Follower(app, tom) as receiver:
            guntur.pay(1_000)
            guntur.transfer(tom.id, 100)
            settle()
            sent, received = sender.read(2), receiver.read(1)

        assert [(seq, kind) for seq, kind, _ in sent] == [(2, "payment"), (3, "transfer_out")]
        assert [(seq, kind) for seq, kind, _ in received] == [(1, "transfer_in")]
        (line,) = tom.transactions().result
        assert received[0][2] == line | {"seq": 1}
        assert sent[0][2] == guntur.transactions().result[1] | {"seq": 2}

    def test_without_a_last_id_only_what_comes_is_told(self, app, people):
        guntur, _ = people
        with Follower(app, guntur) as follower:
            guntur.pay(1)
            assert [seq for seq, _, _ in follower.read(1)] == [2]

    def test_with_one_everything_after_it_is(self, app, people):
        guntur, _ = people
        for _ in range(5):
            guntur.pay(1)
        with Follower(app, guntur, last=2) as follower:
            assert [seq for seq, _, _ in follower.read(4)] == [3, 4, 5, 6]
        with Follower(app, guntur, last=0) as follower:
            assert [seq for seq, _, _ in follower.read(6)] == [1, 2, 3, 4, 5, 6]

    def test_more_than_a_page_comes_in_order(self, app, people):
        guntur, _ = people
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(guntur.pay, [1] * 250))
        with Follower(app, guntur, last=0) as follower:
            assert [seq for seq, _, _ in follower.read(251)] == list(range(1, 252))

    def test_none_is_missed_or_doubled_when_connections_break_amid_payments(self, app, people):
        guntur, _ = people
        stop, paid = threading.Event(), []

        def pay():
            while not stop.is_set():
                paid.append(guntur.pay(1).result["payment_id"])

        seen, last = [], 1
        with ThreadPoolExecutor(4) as pool:
            payers = [pool.submit(pay) for _ in range(3)]
            for count in (1, 3, 7, 2, 11, 5, 40):
                with Follower(app, guntur, last=last) as follower:
                    seen += follower.read(count)
                last = seen[-1][0]
            stop.set()
            for payer in payers:
                payer.result()
        with Follower(app, guntur, last=last) as follower:
            seen += follower.read(1 + len(paid) - last)

        assert [seq for seq, _, _ in seen] == list(range(2, 2 + len(paid)))
        assert sorted(data["payment_id"] for _, _, data in seen) == sorted(paid)

    @pytest.mark.parametrize("last", ["", "x", "-1", "1.0", "1e3", "٣", "9" * 19, "1, 2"])
    def test_a_last_id_that_is_none_is_refused(self, people, last):
        guntur, _ = people

        reply = guntur.get("/events", headers={"Last-Event-ID": last})

        assert (reply.status, list(reply.json["errors"])) == (400, ["Last-Event-ID"])

    def test_a_head_is_all_that_a_head_asks_for(self, people, waiters):
        guntur, _ = people

        reply = guntur.request("HEAD", "/events")

        assert (reply.status, reply.body) == (200, b"")
        assert waiters.keys(Awaited.EVENTS) == []


class TestEnd:
    def test_who_hangs_up_is_waited_for_no_more(self, app, people, waiters):
        guntur, _ = people
        with Follower(app, guntur):
            assert [str(one) for one in waiters.keys(Awaited.EVENTS)] == [guntur.id]

        assert waiters.keys(Awaited.EVENTS) == []

    def test_a_session_that_ended_ends_its_streams(self, app, people, waiters):
        guntur, _ = people
        with Follower(app, guntur) as follower:
            guntur.log_out()
            with pytest.raises(StopIteration):
                follower.read(1)

        wait_until(lambda: waiters.keys(Awaited.EVENTS) == [])

    def test_a_token_that_expired_does_too(self, build, database):  # noqa: ARG002
        app = build()
        tokens = app.extensions["dompet-tokens"]
        app.extensions["dompet-tokens"] = replace(tokens, access_lifetime=timedelta(seconds=2))
        guntur = Api(in_process(app)).sign_up()
        with Follower(app, guntur) as follower, pytest.raises(StopIteration):
            follower.read(1)

    def test_one_more_than_there_is_room_for_is_told_to_come_again(self, build, database):  # noqa: ARG002
        app = build(waiters=1)
        guntur = Api(in_process(app)).sign_up()
        with Follower(app, guntur):
            refused = guntur.get("/events")

        assert (refused.status, refused.json["code"]) == (503, "too_many_waiters")
        assert refused.headers["Retry-After"] == "1"
        with Follower(app, guntur):
            pass

    def test_a_process_that_stops_ends_them_at_once_and_takes_no_more(self, build, database):  # noqa: ARG002
        app = build()
        guntur = Api(in_process(app)).sign_up()
        with Follower(app, guntur) as follower:
            app.let_go()
            with pytest.raises(StopIteration):
                follower.read(1)

        assert guntur.get("/events").status == 503
