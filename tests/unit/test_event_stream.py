"""What a follower is sent: a hint, events, and a heartbeat when there is nothing to tell."""

import json
from zoneinfo import ZoneInfo

import pytest
from factories import make_entry

from service import event_stream
from service.event_stream import event, last_event_id, stream
from service.replies import Replies
from wallet.errors import InvalidInput, Unavailable
from wallet.models import Kind, Line, TransferStatus

REPLIES = Replies(ZoneInfo("Asia/Jakarta"))


class Feed:
    """Tells what a test gave it, a page at a read; then lets go."""

    def __init__(self, *pages):
        self._pages = list(pages)
        self.waits = []

    @property
    def let_go(self):
        return not self._pages

    def wait(self, seconds):
        self.waits.append(seconds)
        return self._pages[0] is not None

    def read(self):
        page = self._pages.pop(0)
        if isinstance(page, Exception):
            raise page
        return page or []


def line(**fields):
    return Line(make_entry(**fields), TransferStatus.SUCCESS)


def sent(feed, admitted=lambda: True):
    return list(stream(feed, admitted, REPLIES))


def test_an_event_is_the_line_of_the_report_with_its_number():
    told = line(seq=7, kind=Kind.TRANSFER_IN, remarks="dua\nbaris ☕")

    number, kind, data, *end = event(told, REPLIES).decode().split("\n")

    assert (number, kind, end) == ("id: 7", "event: transfer_in", ["", ""])
    assert json.loads(data.removeprefix("data: ")) == {**REPLIES.line(told), "seq": 7}


def test_a_stream_begins_with_the_hint_when_to_come_again():
    assert sent(Feed())[0] == b"retry: 1000\n\n"


def test_a_page_is_one_piece():
    first, second = line(seq=1), line(seq=2)

    assert sent(Feed([first, second]))[1:] == [event(first, REPLIES) + event(second, REPLIES)]


def test_in_silence_a_heartbeat_is_heard_after_a_look(monkeypatch):
    monkeypatch.setattr(event_stream, "HEARTBEAT_S", 0.0)
    late = line(seq=1)

    assert sent(Feed(None, [late])) == [b"retry: 1000\n\n", b":\n\n", event(late, REPLIES)]


def test_it_ends_when_the_caller_is_admitted_no_more():
    answers = iter([True, False])

    assert sent(Feed([line()], [line()]), lambda: next(answers))[2:] == []


@pytest.mark.parametrize("broken", ["feed", "session"])
def test_it_ends_when_the_store_cannot_answer(broken):
    def unknown():
        raise Unavailable

    ended = sent(Feed(Unavailable())) if broken == "feed" else sent(Feed([line()]), unknown)

    assert ended == [b"retry: 1000\n\n"]


@pytest.mark.parametrize(("header", "number"), [(None, None), ("0", 0), ("17", 17)])
def test_the_last_id_is_a_number(header, number):
    assert last_event_id(header) == number


@pytest.mark.parametrize("header", ["", " ", "x", "-1", "+1", "1.0", "0x1", "9" * 19, "٣", "1\n"])
def test_and_nothing_else(header):
    with pytest.raises(InvalidInput):
        last_event_id(header)
