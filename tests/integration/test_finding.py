"""Finding transactions: what is wanted and nothing else, in bounded steps, and nothing out of date."""

import random
import threading
from datetime import UTC, datetime, timedelta
from time import monotonic
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from api import User, in_process, random_id
from factories import open_wallet, queue_transfer, set_status
from histories import REMARKS, Move, eventful, lengthen, top_ups

from service import cursor
from service.resources import transactions
from wallet.errors import Unauthenticated
from wallet.models import Kind, Side, TransferStatus, WalletStatus
from wallet.rules.filters import Filter
from wallet.store.calendar import Calendar
from wallet.store.cases import CaseStore
from wallet.store.history import HistoryStore
from wallet.store.transactions import Transactions
from wallet.use_cases.history import WALK_PAGE, History
from wallet.use_cases.waiters import Waiter

ZONE = ZoneInfo("Asia/Jakarta")
START = datetime(2026, 11, 1, tzinfo=UTC)
WISHES = 200


def history_of(database):
    return History(
        HistoryStore(database), Calendar(database), CaseStore(database, Transactions(database.client))
    )


@pytest.fixture
def history(database):
    return history_of(database)


def fits(line, wanted):
    """What a filter means, said plainly."""
    entry, status = line
    return (
        wanted.kind in (None, entry.kind)
        and wanted.side in (None, entry.kind.side)
        and wanted.status in (None, status)
        and (wanted.since is None or entry.date >= wanted.since)
        and (wanted.until is None or entry.date < wanted.until)
        and wanted.counterparty in (None, entry.counterparty)
        and wanted.text.lower() in entry.remarks.lower()
    )


def walk(history, user, wanted, limit, top):
    """The pages, one after the other, to the last."""
    pages, before = [], top + 1
    while before is not None:
        found = history.page(user, before - 1, limit, wanted)
        assert len(found.lines) <= limit
        assert found.before is None or found.before < before, "each page goes on"
        pages.append(found.lines)
        before = found.before
    return pages


WORDS = (*REMARKS, "KOPI", "o", ".", ".*", "(", "50%", "ÉTÉ", "\\", "[a-z]", "^", "$", " ")


def wish(lot, others):
    """Up to three things at once: whoever wants more finds nothing most of the time, which proves little."""
    fields = {
        "kind": lambda: lot.choice(list(Kind)),
        "side": lambda: lot.choice(list(Side)),
        "status": lambda: lot.choice(list(TransferStatus)),
        "since": lambda: START + timedelta(hours=lot.randint(-5, 80)),
        "until": lambda: START + timedelta(hours=lot.randint(-5, 80)),
        "counterparty": lambda: lot.choice(others),
        "text": lambda: lot.choice(WORDS),
    }
    return Filter(**{name: fields[name]() for name in lot.sample(sorted(fields), lot.randint(0, 3))})


@pytest.mark.parametrize(("window", "joined"), [(50_000, 5_000), (9, 4)], ids=["whole", "in small steps"])
def test_whatever_is_wanted_is_found_as_if_each_line_was_looked_at(database, monkeypatch, window, joined):
    """Page by page, streamed, and from any place on; however short the steps, and whatever clocks say."""
    for name, value in (("LOOKED_AT", window), ("JOINED", joined)):
        monkeypatch.setattr(f"wallet.store.history.MOST_{name}", value)
    people = eventful(database, START)
    history = history_of(database)
    last = history.top(people.wallet)
    everything = [line for page in history.everything(people.wallet, last) for line in page]
    assert [line.entry.seq for line in everything] == list(range(last, 0, -1))
    assert {(line.entry.kind, line.status) for line in everything} >= {
        *((kind, TransferStatus.SUCCESS) for kind in Kind),
        (Kind.TRANSFER_OUT, TransferStatus.PENDING),
        (Kind.TRANSFER_OUT, TransferStatus.FAILED),
    }

    lot = random.Random(window)
    for _ in range(WISHES):
        wanted = wish(lot, [people.friend, people.stranger, people.wallet])
        limit, top = lot.randint(1, 12), lot.choice([last, lot.randint(0, last)])
        expected = [line for line in everything if line.entry.seq <= top and fits(line, wanted)]
        pages = walk(history, people.wallet, wanted, limit, top)
        assert [line for page in pages for line in page] == expected, (wanted, limit, top)
        streamed = history.everything(people.wallet, top, wanted)
        assert [line for page in streamed for line in page] == expected, (wanted, top)


class TestSteps:
    """A look has an end, however rare what is wanted is."""

    @pytest.fixture
    def wallet(self, database):
        wallet = open_wallet(database)
        lengthen(database, wallet, [Move(5, START, "rare"), *top_ups(30, START + timedelta(hours=9))])
        return wallet

    def test_a_page_may_come_back_empty_and_leads_on(self, history, wallet, monkeypatch):
        monkeypatch.setattr("wallet.store.history.MOST_LOOKED_AT", 10)

        pages = walk(history, wallet, Filter(text="rare"), 5, history.top(wallet))

        assert [len(page) for page in pages] == [0, 0, 0, 1]

    def test_only_so_many_transfers_are_asked_for(self, history, database, wallet, monkeypatch):
        monkeypatch.setattr("wallet.store.history.MOST_JOINED", 3)
        other = open_wallet(database)
        for _ in range(7):
            queue_transfer(database, wallet, other, 1)

        found = history.page(wallet, history.top(wallet), 5, Filter(status=TransferStatus.FAILED))

        assert (found.lines, found.before) == ([], history.top(wallet) - 2)
        assert not found.settled

    def test_dates_narrow_the_walk_to_their_entries_and_the_margin(self, database, wallet):
        calendar = Calendar(database)
        long_before, after = START + timedelta(hours=3), START + timedelta(hours=10)

        assert calendar.span(wallet, long_before, None, 31) == range(2, 32)
        assert calendar.span(wallet, None, long_before, 31) == range(1, 2)
        assert calendar.span(wallet, after + timedelta(hours=5), None, 31) == range(32, 32)
        assert calendar.span(wallet, None, None, 31) == range(1, 32)

    def test_nothing_that_no_entry_can_be_is_looked_for(self, history, wallet):
        impossible = Filter(kind=Kind.PAYMENT, side=Side.CREDIT)

        assert not impossible.kinds
        assert history.page(wallet, 31, 5, impossible).before is None

    def test_nobody_has_no_history(self, history):
        with pytest.raises(Unauthenticated):
            history.top(UUID(int=7))


@pytest.fixture
def guntur(api):
    user = api.sign_up()
    user.top_up(1_000_000)
    return user


@pytest.fixture
def tom(api):
    return api.sign_up(first_name="Tom")


def amounts(reply):
    return [line["amount"] for line in reply.result]


class TestOverHttp:
    @pytest.fixture
    def busy(self, guntur, tom, settle):
        """A payment of 10, transfers of 20 and 30 of which the latter waits, and 5 that came back."""
        guntur.pay(10, "Pulsa 50%")
        guntur.transfer(tom.id, 20, "Hadiah Ultah")
        settle()
        tom.transfer(guntur.id, 5, "kembali")
        settle()
        guntur.transfer(tom.id, 30, "hadiah lagi")
        return guntur

    def test_each_filter_by_itself(self, busy, tom):
        asked = {
            "kind": busy.transactions(kind="PAYMENT"),
            "type": busy.transactions(type="CREDIT"),
            "status": busy.transactions(status="PENDING"),
            "counterparty": busy.transactions(counterparty=tom.id),
            "text": busy.transactions(text="HADIAH"),
        }

        assert {name: amounts(reply) for name, reply in asked.items()} == {
            "kind": [10],
            "type": [5, 1_000_000],
            "status": [30],
            "counterparty": [30, 5, 20],
            "text": [30, 20],
        }

    def test_all_of_them_together(self, busy, tom):
        today = datetime.now(ZONE)
        asked = {
            "kind": "TRANSFER_OUT",
            "type": "DEBIT",
            "status": "SUCCESS",
            "from": f"{today - timedelta(days=1):%Y-%m-%d}",
            "to": f"{today:%Y-%m-%d %H:%M:%S}",
            "counterparty": tom.id,
            "text": "ultah",
        }

        assert amounts(busy.transactions(**asked)) == amounts(busy.transactions(**asked, limit=5)) == [20]

    def test_dates_are_those_that_are_shown(self, busy):
        shown = [line["created_date"] for line in busy.transactions().result]
        first, last = shown[-1], shown[0]

        assert len(busy.transactions(**{"from": first, "to": last}).result) == len(shown)
        assert len(busy.transactions(**{"from": first[:10], "to": last[:10]}).result) == len(shown)
        assert busy.transactions(to=_moved(first, -1)).result == []
        assert busy.transactions(**{"from": _moved(last, 1)}).result == []

    @pytest.mark.parametrize(
        "text", [".*", "^", "a|b", "$where", '{"$ne": 1}', "50%", "[A-z]", "\\d", "(?i)", "Hadiah Ultah "]
    )
    def test_text_is_looked_for_as_it_stands(self, busy, text):
        """No client's pattern reaches the database."""
        found = busy.transactions(text=text)

        assert found.status == 200
        assert all(text.strip().lower() in line["remarks"].lower() for line in found.result)
        assert len(found.result) == {"50%": 1, "Hadiah Ultah ": 1}.get(text, 0)

    def test_whose_account_it_was_is_shown(self, busy, tom):
        shown = {line["amount"]: line["counterparty"] for line in busy.transactions().result}

        assert shown == {1_000_000: None, 10: None, 20: tom.id, 5: tom.id, 30: tom.id}

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            *(("kind", "GIFT"), ("kind", "payment"), ("kind", ""), ("type", "IN"), ("status", "DONE")),
            *(("from", "yesterday"), ("from", ""), ("to", "2026-11-31"), ("to", "2026-11-05T10:00:00Z")),
            *(("counterparty", "tom"), ("counterparty", ""), ("text", ""), ("text", " "), ("text", "a\tb")),
            *(("text", "a" * 201), ("after_transfer", "1"), ("sort", "amount"), ("limit", "0")),
        ],
    )
    def test_what_means_nothing_is_refused_by_name(self, guntur, name, value):
        reply = guntur.transactions(**{name: value})

        assert (reply.status, reply.json["code"], set(reply.json["errors"])) == (400, "invalid_input", {name})

    def test_the_link_keeps_what_was_asked_for(self, guntur):
        for number in range(4):
            guntur.pay(1, f"Kopi & teh? #{number} 100%=ñ")
        asked = {"limit": "1", "kind": "PAYMENT", "from": "2020-01-31", "text": "KOPI & TEH? #"}

        first = guntur.transactions(**asked)
        following = {name: value for name, [value] in parse_qs(urlsplit(first.following).query).items()}
        pages, path = [first], first.following
        while path:
            pages.append(guntur.get(path))
            path = pages[-1].following

        assert following == {**asked, "cursor": following["cursor"]}
        assert [line["remarks"][13] for page in pages for line in page.result] == list("3210")

    def test_the_next_page_does_not_wait_again(self, guntur, tom, settle):
        sent = guntur.transfer(tom.id, 1).result["transfer_id"]
        settle()

        assert "after_transfer" not in guntur.transactions(limit=1, after_transfer=sent).following

    def test_a_rare_match_comes_in_steps(self, guntur, database, monkeypatch):
        monkeypatch.setattr("wallet.store.history.MOST_LOOKED_AT", 10)
        guntur.pay(1, "langka")
        lengthen(database, UUID(guntur.id), top_ups(35, datetime.now(UTC)))

        replies, path = [], "/transactions?limit=5&text=langka"
        while path:
            replies.append(guntur.get(path))
            path = replies[-1].following

        assert [len(reply.result) for reply in replies] == [0, 0, 0, 1]
        assert amounts(guntur.transactions(text="langka")) == [1]

    def test_a_cursor_of_another_filter_is_only_a_place(self, busy):
        """It leads to nothing that is not one's own and not wanted."""
        place = cursor.encode(4)

        assert amounts(busy.transactions(cursor=place, kind="PAYMENT", limit=5)) == [10]
        assert amounts(busy.transactions(cursor=place, status="PENDING", limit=5)) == []
        assert amounts(busy.transactions(cursor=cursor.encode(2**63 - 1), text="lagi", limit=5)) == [30]

    def test_what_is_streamed_is_filtered_too(self, guntur, database):
        moves = (
            Move(1, datetime.now(UTC), "odd" if number % 2 else "even") for number in range(WALK_PAGE * 3)
        )
        lengthen(database, UUID(guntur.id), moves)

        lines = guntur.transactions(text="odd").result

        assert len(lines) == WALK_PAGE * 3 // 2
        assert {line["remarks"] for line in lines} == {"odd"}


def _moved(shown, seconds):
    return f"{datetime.fromisoformat(shown) + timedelta(seconds=seconds)}"


class TestEtags:
    """A client that has a page is told that it has not changed; one that still can change has no name."""

    @pytest.fixture
    def ask(self, guntur):
        def ask(etag=None, user=guntur, **query):
            headers = {} if etag is None else {"If-None-Match": etag}
            return user.get(f"/transactions?{urlencode({'limit': 3, **query})}", headers=headers)

        return ask

    def test_the_same_page_is_not_sent_again(self, ask):
        page = ask()
        again = ask(page.headers["ETag"])

        assert (again.status, again.body) == (304, b"")
        assert again.headers["ETag"] == page.headers["ETag"]
        assert ask(f'"x", W/{page.headers["ETag"]}').status == 304
        assert ask('"x"').status == 200

    def test_it_costs_no_look_at_the_ledger(self, ask, monkeypatch):
        etag = ask().headers["ETag"]
        monkeypatch.setattr(HistoryStore, "find", None)

        assert ask(etag).status == 304

    @pytest.mark.parametrize("do", ["top_up", "pay", "receive"])
    def test_whatever_happens_to_the_money_is_a_new_page(self, ask, guntur, tom, settle, do):
        tom.top_up(10)
        etag = ask().headers["ETag"]

        if do == "receive":
            tom.transfer(guntur.id, 1)
            settle()
        else:
            getattr(guntur, do)(1)

        changed = ask(etag)
        assert (changed.status, changed.result[0]["amount"]) == (200, 1)
        assert changed.headers["ETag"] != etag

    def test_with_a_transfer_under_way_a_page_has_none(self, ask, guntur, tom, settle):
        """Its line will change although no entry is added to the wallet."""
        guntur.transfer(tom.id, 1)
        assert "ETag" not in ask().headers
        settle()
        settled = ask()
        assert settled.result[0]["status"] == "SUCCESS"

        assert ask(settled.headers["ETag"]).status == 304

    @pytest.mark.parametrize("status", ["SUCCESS", "FAILED"])
    def test_nor_while_one_that_is_not_listed_may_come_to_be(self, ask, guntur, tom, settle, status):
        """It was looked at and left out; when it is settled, it is in."""
        guntur.transfer(tom.id, 1)

        assert "ETag" not in ask(status=status).headers
        settle()
        assert "ETag" in ask(status=status).headers

    def test_an_earlier_page_keeps_its_name_while_new_entries_come(self, ask, guntur):
        for amount in range(6):
            guntur.pay(amount + 1)
        place = parse_qs(urlsplit(ask().following).query)["cursor"][0]
        earlier = ask(cursor=place)
        guntur.pay(9)

        assert ask(earlier.headers["ETag"], cursor=place).status == 304
        assert ask(cursor=place).result == earlier.result

    def test_a_place_in_the_future_is_no_earlier_page(self, ask, guntur):
        place = cursor.encode(999_999)
        etag = ask(cursor=place).headers["ETag"]
        guntur.pay(1)

        assert ask(etag, cursor=place).result[0]["amount"] == 1

    def test_each_question_has_a_name_of_its_own(self, ask, tom):
        questions = (
            *({}, {"limit": 4}, {"kind": "TOP_UP"}, {"type": "CREDIT"}, {"status": "SUCCESS"}),
            *({"from": "2020-01-01"}, {"to": "2999-01-01"}, {"text": "a"}, {"counterparty": tom.id}),
        )
        names = [ask(**query).headers["ETag"] for query in questions]

        assert len(set(names)) == len(names)

    def test_somebody_elses_name_is_not_ones_own(self, ask, tom):
        """Both have one entry; a client that changed its user must not be shown the other's page."""
        tom.top_up(7)
        etag = ask().headers["ETag"]

        assert ask(etag, user=tom).result[0]["amount"] == 7

    def test_another_release_or_zone_has_other_names(self, ask, guntur, build):
        etag = ask().headers["ETag"]

        for changes in ({"revision": "next"}, {"timezone": "UTC"}):
            other = User(in_process(build(**changes)), guntur.id, guntur.token)
            assert ask(etag, user=other).status == 200

    def test_a_streamed_report_has_none(self, guntur):
        """What its lines will be is not known before they are read."""
        assert "ETag" not in guntur.transactions().headers


class TestAfterTransfer:
    """The list that is answered has the transfer, settled, or says that it has not."""

    @pytest.fixture
    def sent(self, guntur, tom):
        return guntur.transfer(tom.id, 30).result["transfer_id"]

    @pytest.fixture
    def soon(self, settle):
        """A function that lets everything be settled in a moment."""
        timers = []

        def soon():
            timers.append(threading.Timer(0.3, settle))
            timers[-1].start()

        yield soon
        for timer in timers:
            timer.join()

    @pytest.mark.parametrize("query", [{}, {"limit": 5}], ids=["streamed", "a page"])
    def test_both_see_it_settled(self, guntur, tom, sent, soon, query):
        soon()
        seen = guntur.transactions(after_transfer=sent, **query)
        received = tom.transactions(after_transfer=sent, **query)

        assert seen.headers["Transfer-Status"] == received.headers["Transfer-Status"] == "SUCCESS"
        assert (seen.result[0]["transfer_id"], seen.result[0]["status"]) == (sent, "SUCCESS")
        assert (received.result[0]["transfer_id"], received.result[0]["kind"]) == (sent, "TRANSFER_IN")

    def test_one_that_failed_is_there_with_its_refund(self, guntur, tom, database, sent, soon):
        set_status(database, UUID(tom.id), WalletStatus.FROZEN)
        soon()

        seen = guntur.transactions(after_transfer=sent, limit=2)

        assert seen.headers["Transfer-Status"] == "FAILED"
        assert [(line["kind"], line["status"]) for line in seen.result] == [
            *(("REFUND", "SUCCESS"), ("TRANSFER_OUT", "FAILED")),
        ]

    def test_when_the_time_is_up_the_list_is_answered_as_it_is(self, guntur, sent, monkeypatch):
        monkeypatch.setattr(transactions, "WAIT_S", 0.3)
        started = monotonic()

        seen = guntur.transactions(after_transfer=sent, limit=5)

        assert (seen.status, seen.headers["Transfer-Status"]) == (200, "PENDING")
        assert seen.result[0]["status"] == "PENDING"
        assert monotonic() - started >= 0.25

    def test_what_is_settled_is_not_waited_for(self, guntur, sent, settle, monkeypatch):
        settle()
        monkeypatch.setattr(Waiter, "wait", None)

        assert guntur.transactions(after_transfer=sent).headers["Transfer-Status"] == "SUCCESS"

    def test_it_is_hidden_from_others_as_if_it_did_not_exist(self, api, guntur, sent):
        stranger = api.sign_up()
        top_up_id = guntur.top_up(1).result["top_up_id"]

        hidden, missing = (stranger.transactions(after_transfer=one) for one in (sent, random_id()))

        assert (hidden.status, missing.status) == (404, 404)
        assert hidden.json["code"] == missing.json["code"] == "not_found"
        assert guntur.transactions(after_transfer=top_up_id).status == 404

    def test_an_unchanged_page_tells_its_state_too(self, guntur, sent, settle):
        settle()
        page = guntur.transactions(limit=5, after_transfer=sent)

        path = f"/transactions?limit=5&after_transfer={sent}"
        again = guntur.get(path, headers={"If-None-Match": page.headers["ETag"]})

        assert (again.status, again.headers["Transfer-Status"]) == (304, "SUCCESS")

    @pytest.mark.usefixtures("sent")
    def test_without_it_nothing_is_told(self, guntur):
        assert "Transfer-Status" not in guntur.transactions(limit=5).headers
