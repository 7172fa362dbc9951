"""The console's pages on a real store: what they show, what they hide, and who may act."""

import re
import time
from contextlib import ExitStack
from threading import Event, Thread
from uuid import uuid4

import pytest
from factories import (
    balance_of,
    make_transfer,
    open_wallets,
    post,
    queue_transfer,
    queue_transfers,
    row_of,
    set_status,
    settle_rows,
    settlement_engine,
    transfer_out,
)
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from structlog.testing import capture_logs
from watching import Diary, make_loop

from wallet import clock
from wallet.errors import Unavailable
from wallet.models import WalletStatus
from wallet.store import documents
from wallet.store.membership import Membership
from wallet.store.queue import Queue
from wallet.store.roles import Duty
from wallet.store.watchers import Watchers
from watcher.console.assembly import Watched, console
from watcher.console.blueprint import MOST_AT_ONCE
from watcher.console.chronicle import Chronicle
from watcher.console.history import History
from watcher.console.sampler import Sampler
from watcher.ops import create_app
from watcher.settings import WatcherSettings
from watcher.share import DEAD_AFTER_S

TOKEN = "a token as long as a token has to be"
NOBODY = "b7342e8e-e8e7-4a5d-873e-b1b1bfcdeddb"
NOBODY_THERE = "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=50"


class Numbers:
    """The series of a watcher that the console reads."""

    def __init__(self, registry):
        self.depth = Gauge("wallet_transfer_queue_depth", "", registry=registry)
        self.stream = Gauge("wallet_watcher_stream_up", "", registry=registry)
        self.done = Counter("wallet_transfers", "", ["outcome", "reason"], registry=registry)
        self._took = Histogram("wallet_transfer_settle_seconds", "", registry=registry)

    def settled(self, count):
        self.done.labels("settled", "").inc(count)
        for _ in range(count):
            self._took.observe(0.1)


class Console:
    """The pages of a watcher in this process."""

    def __init__(self, settings, stack):
        self.registry = CollectorRegistry()
        self.chronicle = Chronicle(clock.now)
        self.numbers = Numbers(self.registry)
        self.refunds = []
        self.app = create_app(self.registry, lambda: 0.0, lambda: None)
        watched = Watched("this-watcher", self.registry, self.chronicle, self.refunds.extend)
        self.sampler = stack.enter_context(console(settings, self.app, watched))
        self._client = self.app.test_client()

    def get(self, path, **options):
        return self._client.get(path, **options)

    def page(self, path, status=200):
        reply = self.get(path)
        assert reply.status_code == status, reply.text
        return reply.text

    def post(self, path, *, token=TOKEN, name="Siti", reason="case 4711", **options):
        form = {"token": token, "name": name, "reason": reason}
        return self._client.post(path, data=form, **options)


@pytest.fixture
def build(mongod):
    """A function that builds a console with settings changed."""
    with ExitStack() as stack:

        def build(**changes):
            fields = {
                "mongodb_uri": mongod.uri_as(Duty.WATCHER, "dompet_test"),
                "mongodb_database": "dompet_test",
                "console_token": TOKEN,
            }
            return Console(WatcherSettings(**fields | changes), stack)

        yield build


@pytest.fixture
def pages(build, database):  # noqa: ARG001 - the pages are about it
    return build()


@pytest.fixture
def people(database):
    return open_wallets(database, 2, 1_000)


@pytest.fixture
def parked(database, people):
    transfer = queue_transfer(database, *people, 300)
    Queue(database).park(transfer, "poison")
    return transfer


def text_of(page):
    """Return what people read of it."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))


class TestOverview:
    def test_tells_what_is_so_now(self, pages, database, people, parked):
        Membership(database, "this-watcher", dead_after_s=DEAD_AFTER_S).beat()
        queue_transfer(database, *people, 20)
        pages.numbers.stream.set(1)
        pages.numbers.depth.set(1)
        pages.chronicle.retried(parked, 5, RuntimeError("boom"))
        pages.sampler.sample()

        text = text_of(pages.page("/"))

        assert "1 parked transfer waits for an operator." in text
        assert "Queue depth 1 " in text
        assert "this-watcher this one alive" in text
        assert "64 0-63" in text
        assert "attempt 5: boom" in text
        assert str(parked)[-12:] in text

    def test_without_the_store_shows_what_the_process_knows(self, build):
        pages = build(mongodb_uri=NOBODY_THERE)
        pages.chronicle.paused(RuntimeError("the primary is gone"))
        pages.sampler.sample()

        text = text_of(pages.page("/"))

        assert "The store does not answer." in text
        assert "the primary is gone" in text

    def test_draws_without_a_script_and_without_anything_from_elsewhere(self, pages):
        page = pages.page("/")

        assert page.count("<svg") == 6
        assert re.findall(r'(?:src|href|action)="(?!/)(?!#)', page) == []
        assert " style=" not in page
        assert re.findall(r"<script(?! src=)", page) == []


class TestLists:
    @pytest.mark.parametrize("view", ["waiting", "parked", "failed"])
    def test_page_by_page_every_transfer_is_there_once(self, pages, database, people, view):
        transfers = queue_transfers(database, people[0], [people[1]] * 120, 1)
        if view == "parked":
            for one in transfers:
                Queue(database).park(one, "poison")
        if view == "failed":
            settlement_engine(database).give_up(dict.fromkeys(transfers, "poison"), clock.now())

        seen, path = [], f"/transfers/{view}"
        while path:
            page = pages.page(path)
            seen += re.findall(r'<th scope="row"><a href="/transfers/([0-9a-f-]{36})"', page)
            following = re.search(r'<a href="([^"]*)" rel="next"', page)
            path = following and following[1].replace("&amp;", "&")

        assert len(seen) == 120
        assert set(seen) == set(map(str, transfers))

    def test_without_any_says_so(self, pages):
        assert "There are none." in pages.page("/transfers/failed")

    @pytest.mark.parametrize(
        "cursor",
        ["", "x", "2026-01-01~1", "2026-01-01T00:00:00+00:00~-1", "~", "2026-01-01T00:00:00+00:00~x"],
    )
    def test_a_page_that_does_not_exist_is_a_bad_request(self, pages, cursor):
        reply = pages.get("/transfers/failed", query_string={"after": cursor})

        assert reply.status_code == 400
        assert "start from the first one" in reply.text


class TestSearch:
    def test_a_transfer_is_gone_to_at_once(self, pages, parked):
        reply = pages.get(f"/search?q=%20{parked}%20")

        assert (reply.status_code, reply.location) == (302, f"/transfers/{parked}")

    def test_a_user_is_all_they_sent_and_are_to_receive(self, pages, database, people, parked):
        sender, target = people
        settled = queue_transfer(database, sender, target, 10)
        settle_rows(settlement_engine(database), Queue(database).named([settled]).transfers)
        failed = queue_transfer(database, sender, target, 10)
        settlement_engine(database).give_up({failed: "poison"}, clock.now())

        for user in people:
            page = pages.page(f"/search?q={user}")
            assert all(f"/transfers/{one}" in page for one in (parked, settled, failed))

    def test_a_request_id_leads_to_what_is_not_settled(self, pages, database, parked):
        database["transfers"].update_one({"_id": parked}, {"$set": {"request_id": "of-a-client.7"}})

        assert f"/transfers/{parked}" in pages.page("/search?q=of-a-client.7")

    def test_of_what_is_not_there_says_where_else_to_look(self, pages):
        assert "transfer_settled" in pages.page(f"/search?q={uuid4()}")

    def test_of_nothing_is_the_overview(self, pages):
        assert pages.get("/search?q=").location == "/"

    def test_of_a_novel_is_refused(self, pages):
        assert pages.get(f"/search?q={'x' * 65}").status_code == 400


class TestTransfer:
    def test_shows_its_life_and_its_entries(self, pages, database, people):
        transfer = queue_transfer(database, *people, 300)
        settle_rows(settlement_engine(database), Queue(database).named([transfer]).transfers)

        text = text_of(pages.page(f"/transfers/{transfer}"))

        assert re.search(r"accepted .* \+\d+ ms settled", text)
        assert "TRANSFER_OUT" in text
        assert "Rp 300 Rp 1,000 Rp 700" in text
        assert "Rp 300 Rp 1,000 Rp 1,300" in text
        assert "What can be done" not in text

    def test_says_which_attempts_failed(self, pages, database, people):
        """Whichever watcher made them."""
        transfer = queue_transfer(database, *people, 300)
        Queue(database).retry_later(transfer, 60, "already_exists")

        page = text_of(pages.page(f"/transfers/{transfer}"))

        assert re.search(r"accepted .* attempt failed already_exists", page)

    def test_that_is_not_there_is_a_page_too(self, pages):
        assert "There is no transfer with this id." in pages.page(f"/transfers/{uuid4()}", status=404)

    @pytest.mark.forged
    def test_that_another_hand_wrote_is_shown_with_everything_escaped(self, pages, database):
        evil = "<script>alert(1)</script>\"'&"
        forged = documents.transfer_document(make_transfer(parked=True)) | {
            "request_id": evil,
            "failure": evil,
            "amount": evil,
            "sender": evil,
            "partition": evil,
        }
        database["transfers"].insert_one(forged, bypass_document_validation=True)

        for path in (f"/transfers/{forged['_id']}", "/transfers/parked", "/"):
            page = pages.page(path)
            assert "<script>alert" not in page
            assert "&lt;script&gt;alert" in page
        assert "The watchers cannot read this row" in pages.page(f"/transfers/{forged['_id']}")

    def test_what_was_searched_for_is_escaped(self, pages):
        page = pages.page("/search?q=%22%3E%3Cscript%3Ealert(1)")

        assert "<script>alert" not in page
        assert 'value="&#34;&gt;&lt;script&gt;alert(1)"' in page


def test_nothing_about_a_person_is_shown_but_the_id(pages, database):
    """Names, phone numbers, addresses and remarks stay where they are."""
    sender, target = open_wallets(database, 2, 1_000)
    [entry] = post(database, transfer_out(sender, target, 10, remarks="Hadiah Ultah"))
    Queue(database).park(entry.operation, "poison")
    persons = [documents.user(one) for one in database["users"].find()]

    for path in ("/", "/transfers/parked", f"/transfers/{entry.operation}", f"/search?q={target}"):
        page = pages.page(path)
        assert "Hadiah" not in page
        for one in persons:
            for secret in (one.first_name, one.last_name, one.address, one.phone_number):
                assert secret not in page


class TestActing:
    def test_a_look_says_what_would_happen_and_changes_nothing(self, pages, database, people, parked):
        before = row_of(database, parked)

        retry = text_of(pages.page(f"/transfers/{parked}/retry"))
        fail = text_of(pages.page(f"/transfers/{parked}/fail"))

        assert "The watchers would credit the target." in retry
        assert "Rp 1,000 → Rp 1,300" in retry
        assert "The sender would get the money back, for good." in fail
        assert "Rp 700 → Rp 1,000" in fail
        assert row_of(database, parked) == before
        assert balance_of(database, people[0]) == 700

    def test_a_retry_hands_it_to_the_watchers(self, pages, database, parked):
        reply = pages.post(f"/transfers/{parked}/retry")

        assert (reply.status_code, reply.location) == (303, f"/transfers/{parked}?done=retry")
        assert "It is in the hands of the watchers again." in pages.page(reply.location)
        make_loop(database, Diary()).turn()
        assert row_of(database, parked)["status"] == "SUCCESS"

    def test_a_fail_refunds_and_is_counted_with_the_other_refunds(self, pages, database, people, parked):
        reply = pages.post(f"/transfers/{parked}/fail")

        assert reply.status_code == 303
        assert balance_of(database, people[0]) == 1_000
        assert [one.debit.operation for one in pages.refunds] == [parked]
        assert "failed by an operator Siti (console): case 4711" in text_of(
            pages.page(f"/transfers/{parked}")
        )

    def test_pressed_twice_refunds_once(self, pages, database, people, parked):
        pages.post(f"/transfers/{parked}/fail")

        again = pages.post(f"/transfers/{parked}/fail")

        assert again.status_code == 409
        assert "it has ended already" in again.text
        assert balance_of(database, people[0]) == 1_000

    def test_is_logged_with_the_reason_and_without_the_token(self, pages, parked):
        with capture_logs() as events:
            pages.post(f"/transfers/{parked}/retry")

        [event] = events
        assert (event["event"], event["operator"], event["reason"]) == (
            "operator_acted",
            "Siti (console)",
            "case 4711",
        )
        assert TOKEN not in str(events)

    @pytest.mark.parametrize(
        ("form", "says"),
        [
            ({"token": "a wrong one"}, "This is not the token."),
            ({"token": ""}, "This is not the token."),
            ({"reason": ""}, "The field reason must not be empty."),
            ({"name": " "}, "The field name must not be empty."),
            ({"reason": "x" * 201}, "must have at most 200 characters"),
        ],
    )
    def test_a_form_that_is_wrong_does_nothing_and_says_why(self, pages, database, parked, form, says):
        before = row_of(database, parked)
        status = 403 if "token" in form else 400

        reply = pages.post(f"/transfers/{parked}/fail", **form)

        assert reply.status_code == status
        assert says in reply.text
        assert TOKEN not in reply.text
        assert row_of(database, parked) == before

    def test_a_wrong_token_is_logged(self, pages, parked):
        with capture_logs() as events:
            pages.post(f"/transfers/{parked}/fail", token="guess")

        assert [event["event"] for event in events] == ["console_token_wrong"]
        assert "guess" not in str(events)

    def test_a_form_of_another_site_is_refused_whatever_it_holds(self, pages, database, parked):
        reply = pages.post(f"/transfers/{parked}/fail", headers={"Sec-Fetch-Site": "cross-site"})

        assert reply.status_code == 403
        assert row_of(database, parked)["status"] == "PENDING"

    def test_without_a_token_actions_are_off_and_the_page_says_how_to_turn_them_on(
        self, build, database, parked
    ):
        pages = build(console_token=None)

        page = pages.page(f"/transfers/{parked}/retry")
        reply = pages.post(f"/transfers/{parked}/retry", token="")

        assert "CONSOLE_TOKEN" in page
        assert "<form class" not in page.replace('<form class="search"', "")
        assert reply.status_code == 403
        assert row_of(database, parked)["parked"] is True

    def test_only_parked_transfers_are_decided_here(self, pages, database, people):
        waits = queue_transfer(database, *people, 10)

        assert "only parked transfers are decided here" in pages.page(f"/transfers/{waits}/fail")
        assert pages.post(f"/transfers/{waits}/fail").status_code == 409
        assert row_of(database, waits)["status"] == "PENDING"

    @pytest.mark.forged
    def test_no_money_is_made_for_what_no_debit_vouches_for(self, pages, database, people):
        transfer = make_transfer(sender=people[0], target=people[1], parked=True, failure="no_debit")
        database["transfers"].insert_one(documents.transfer_document(transfer))

        page = pages.page(f"/transfers/{transfer.id}/fail")
        reply = pages.post(f"/transfers/{transfer.id}/fail")

        assert "leave it parked" in page
        assert 'name="token"' not in page
        assert reply.status_code == 409
        assert balance_of(database, people[0]) == 1_000

    def test_of_a_frozen_target_a_retry_is_foreseen_as_a_refund(self, pages, database, people, parked):
        set_status(database, people[1], WalletStatus.FROZEN)

        assert "the target&#39;s wallet is frozen or closed" in pages.page(f"/transfers/{parked}/retry")

    @pytest.mark.parametrize("action", ["park", "credit"])
    def test_nothing_else_is_offered(self, pages, parked, action):
        assert pages.get(f"/transfers/{parked}/{action}").status_code == 404
        assert pages.post(f"/transfers/{parked}/{action}").status_code == 404

    def test_a_body_without_end_is_cut_off(self, pages, parked):
        assert pages.post(f"/transfers/{parked}/fail", reason="x" * 5_000).status_code == 413


class TestGuards:
    @pytest.mark.parametrize("path", ["/", "/transfers/parked", "/assets/console.css", "/search?q=x"])
    def test_every_reply_forbids_what_is_not_ours(self, pages, path):
        with pages.get(path) as reply:
            headers = reply.headers

        assert "default-src 'self'" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in headers

    def test_the_numbers_for_machines_are_where_they_were(self, pages):
        assert pages.get("/metrics").status_code == 200
        assert pages.get("/livez").json == {"stalled_seconds": 0.0}
        assert pages.get("/readyz").json == {"status": "ready"}

    @pytest.mark.parametrize("path", ["/transfers/parked", f"/transfers/{NOBODY}", "/search?q=x"])
    def test_a_store_that_is_away_is_a_page_and_soon(self, build, path):
        pages = build(mongodb_uri=NOBODY_THERE)
        asked = time.monotonic()

        page = pages.page(path, status=503)

        assert "The store does not answer" in page
        assert time.monotonic() - asked < 5

    def test_a_page_that_breaks_is_a_page_and_is_logged(self, pages, monkeypatch):
        monkeypatch.setattr("watcher.console.overview.verdicts", lambda *_: 1 / 0)

        with capture_logs() as events:
            page = pages.page("/", status=500)

        assert "The loop goes on." in page
        assert events[0]["event"] == "page_failed"

    def test_more_than_a_few_at_once_are_sent_away(self, pages, monkeypatch):
        """Whoever looks must never starve the loop, which shares the process."""
        monkeypatch.setattr("watcher.console.blueprint._PATIENCE_S", 0.05)
        inside, go_on = [], Event()

        def dawdle(*_):
            inside.append(1)
            go_on.wait(10)
            return []

        monkeypatch.setattr("watcher.console.overview.verdicts", dawdle)
        crowd = [Thread(target=pages.app.test_client().get, args=("/",)) for _ in range(MOST_AT_ONCE)]
        for one in crowd:
            one.start()
        while len(inside) < MOST_AT_ONCE:
            pass
        try:
            assert pages.get("/").status_code == 503
        finally:
            go_on.set()
            for one in crowd:
                one.join()
        assert pages.get("/").status_code == 200


class TestSampler:
    @pytest.fixture
    def sampler(self, database):
        registry = CollectorRegistry()
        history = History(5.0)
        sampler = Sampler(registry, Watchers(database), history, clock.now, name="a")
        return Numbers(registry), sampler, history

    def test_adds_up_what_all_watchers_did(self, database, sampler):
        numbers, sampler, history = sampler
        for name in ("a", "b"):
            Membership(database, name, dead_after_s=DEAD_AFTER_S).beat()
        Watchers(database).publish("b", {"settled": 1_000})
        sampler.sample()

        numbers.settled(3)
        Watchers(database).publish("b", {"settled": 1_004})
        sampler.sample()

        first, second = history.window().samples
        assert first.done is None, "what was before is not of this hour"
        assert second.done["settled"] == 7
        assert second.median_s is not None

    def test_what_arrived_is_what_left_and_what_the_queue_grew_by(self, database, sampler):
        numbers, sampler, history = sampler
        Membership(database, "a", dead_after_s=DEAD_AFTER_S).beat()
        sampler.sample()

        numbers.depth.set(5)
        numbers.settled(2)
        sampler.sample()

        assert history.window().samples[-1].arrived == 7

    def test_a_watcher_that_starts_anew_takes_nothing_away(self, database, sampler):
        _numbers, sampler, history = sampler
        Membership(database, "b", dead_after_s=DEAD_AFTER_S).beat()
        Watchers(database).publish("b", {"settled": 50})
        sampler.sample()

        Watchers(database).publish("b", {"settled": 2})
        sampler.sample()

        assert history.window().samples[-1].done["settled"] == 0

    def test_has_a_gap_while_the_store_is_away_and_misses_nothing_after(self, database, sampler, monkeypatch):
        numbers, sampler, history = sampler
        Membership(database, "a", dead_after_s=DEAD_AFTER_S).beat()
        sampler.sample()
        with monkeypatch.context() as away:
            away.setattr(sampler._watchers, "all", _away)
            numbers.settled(3)
            sampler.sample()
        sampler.sample()

        _first, gap, after = history.window().samples
        assert gap.done is None
        assert after.done["settled"] == 3
        assert after.seconds > gap.seconds

    def test_stops_when_told(self, sampler):
        thread = sampler[1]
        thread.start()
        thread.stop()
        assert not thread.is_alive()


def _away():
    raise Unavailable
