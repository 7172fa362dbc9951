"""Hear of one's own money as it moves."""

from functools import partial

from apiflask import APIBlueprint
from flask import Response, request

from service.context import context
from service.event_stream import LAST_EVENT_ID, MEDIA, last_event_id, stream
from service.tokens import SCHEME, signed_in, signed_in_token, still_good

bp = APIBlueprint("events", __name__, tag="Reports")


@bp.get("/events")
@signed_in
@bp.doc(security=SCHEME)
def events() -> Response:
    """Follow one's own transactions as server-sent events, from now on or after ``Last-Event-ID``."""
    after = last_event_id(request.headers.get(LAST_EVENT_ID))
    if request.method == "HEAD":
        return _reply(())
    token = signed_in_token()
    feed = context().waiting_room.events.follow(token.user, after)
    # The stream outlives the request, and with it all that is of the request.
    admitted = partial(still_good, token, context().revocations)
    reply = _reply(stream(feed, admitted, context().replies))
    reply.call_on_close(feed.close)
    return reply


def _reply(parts: object) -> Response:
    reply = Response(parts, mimetype=MEDIA)  # type: ignore[arg-type] # any iterable
    reply.headers["X-Accel-Buffering"] = "no"  # an ingress must not keep events until it has many
    return reply
