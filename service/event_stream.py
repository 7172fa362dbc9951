"""Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html."""

import re
import time
from collections.abc import Callable, Iterator

import orjson

from service.replies import Replies
from wallet.errors import InvalidInput, WalletError
from wallet.models import Line
from wallet.use_cases.events import Feed

MEDIA = "text/event-stream"
LAST_EVENT_ID = "Last-Event-ID"

HEARTBEAT_S = 15.0
"""Without an event, a comment: whoever is in between closes what says nothing for long."""

TICK_S = 1.0
"""How often it is asked whether the session still lives."""

_RETRY = b"retry: 1000\n\n"
_HEARTBEAT = b":\n\n"
_SEQ = re.compile(r"[0-9]{1,18}")


def last_event_id(header: str | None) -> int | None:
    """Return the number of the last event that a client has; ``None`` when it has none.

    Raises:
        InvalidInput: it is no number.
    """
    if header is None:
        return None
    if _SEQ.fullmatch(header) is None:
        raise InvalidInput({LAST_EVENT_ID: "must be the id of an event"})
    return int(header)


def stream(feed: Feed, admitted: Callable[[], bool], replies: Replies) -> Iterator[bytes]:
    """Yield what ``feed`` tells, while the caller is ``admitted`` and the process does not stop.

    It ends when the store cannot answer, too: the client comes again and misses nothing.
    """
    yield _RETRY
    told_at = time.monotonic()
    try:
        while admitted() and not feed.let_go:
            quiet = time.monotonic() - told_at >= HEARTBEAT_S
            # A look at every heartbeat: even a bell that is broken and does not know it loses nothing.
            lines = feed.read() if feed.wait(0 if quiet else TICK_S) or quiet else []
            if lines or quiet:
                yield b"".join(event(line, replies) for line in lines) or _HEARTBEAT
                told_at = time.monotonic()
    except WalletError:
        return


def event(line: Line, replies: Replies) -> bytes:
    """Return one entry as an event: the line of the report, and its number in the wallet."""
    seq = line.entry.seq
    data = orjson.dumps({**replies.line(line), "seq": seq})
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (seq, line.entry.kind.lower().encode(), data)
