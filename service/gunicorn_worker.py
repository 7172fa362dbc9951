"""gunicorn's gevent worker, with bounds on how long a client may take.

Without them a connection stays for as long as it sends a byte now and then, or takes one, and a few thousand
of them are all that a pod has. What the application itself does is bounded elsewhere.
"""

import time
from typing import Any

import gevent
from gunicorn.http.errors import ParseException
from gunicorn.workers.ggevent import GeventWorker

HEAD_S = 10.0
"""From the connection to the end of the first request's head; the next ones may come within ``keepalive``."""

BODY_S = 10.0
"""From the end of the head to the end of the body, which is 16 KB at most."""

STALLED_S = 30.0
"""While a client takes one piece of an answer, which is a page of transactions at most."""


class BoundedWorker(GeventWorker):  # type: ignore[misc]
    def handle_exit(self, sig: int, frame: Any) -> None:
        """Stop; and at once let go of those who wait, who would hold the worker until its time is up."""
        super().handle_exit(sig, frame)
        application = getattr(self, "wsgi", None)  # it may not be loaded yet
        if application is not None:
            gevent.spawn(application.let_go)  # not here: a signal may interrupt whoever has the lock

    def timeout_ctx(self) -> gevent.Timeout:
        """Bound the wait for a request; the connection is closed after it."""
        served = getattr(gevent.getcurrent(), "served", False)
        return gevent.Timeout(self.cfg.keepalive if served else HEAD_S, False)

    def handle_request(self, listener_name: Any, req: Any, sock: Any, addr: Any) -> None:
        gevent.getcurrent().served = True
        body = req.body = BoundedBody(req, BODY_S)
        sock.settimeout(STALLED_S)
        # gunicorn asks once, before the application is called: who waited meanwhile must not stay connected.
        asked = req.should_close
        req.should_close = lambda: not self.alive or asked()
        try:
            super().handle_request(listener_name, req, sock, addr)
        except TimeoutError as error:
            raise StopIteration from error
        body.answered = True
        sock.settimeout(None)


class BoundedBody:
    """The body of ``req``, to be read within ``seconds`` from now."""

    def __init__(self, req: Any, seconds: float) -> None:
        self.answered = False
        self._req = req
        self._body = req.body
        self._deadline = time.monotonic() + seconds

    def __getattr__(self, name: str) -> Any:
        return getattr(self._body, name)

    def read(self, size: int | None = None) -> bytes:
        """Return the next bytes.

        The connection ends with the answer when that fails: where the next request starts is not known.

        Raises:
            RequestTimeout: there is no more time.
            BadRequest: the chunks are none.
            TimeoutError, ParseException: likewise, when gunicorn reads what the application left.
        """
        try:
            with gevent.Timeout(max(0.0, self._deadline - time.monotonic()), TimeoutError):
                data: bytes = self._body.read(size)
        except (TimeoutError, ParseException) as error:
            self._body.failed = True
            self._req.force_close()
            if self.answered:
                raise
            raise _refusal(error) from error
        return data


def _refusal(error: Exception) -> Exception:
    # gunicorn's parent loads this module before anything is patched for gevent, and needs no Flask.
    from werkzeug.exceptions import BadRequest, RequestTimeout  # noqa: PLC0415

    return RequestTimeout() if isinstance(error, TimeoutError) else BadRequest()
