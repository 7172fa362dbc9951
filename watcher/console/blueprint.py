"""The pages put together: their addresses, what every reply carries, and how errors look."""

from functools import partial
from threading import BoundedSemaphore

import structlog
from flask import Blueprint, Response, g, render_template, request
from werkzeug.exceptions import HTTPException

from wallet.errors import NotFound, Unavailable, WalletError
from watcher.console import actions, overview, transfers, words
from watcher.console.site import Site

MOST_AT_ONCE = 4
"""Requests: the loop shares this process, and must not starve."""

_PATIENCE_S = 2.0
_LONGEST_BODY = 4_096
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_log = structlog.get_logger("console")


def create_blueprint(site: Site) -> Blueprint:
    """Return the console, to be registered at the root."""
    bp = Blueprint(
        "console", __name__, template_folder="templates", static_folder="static", static_url_path="/assets"
    )
    for pages in (overview, transfers, actions):
        pages.add_pages(bp, site)
    for name in ("duration", "milliseconds", "whole", "rupiah", "state", "why", "partitions", "short"):
        bp.add_app_template_filter(getattr(words, name), name)
    bp.add_app_template_filter(partial(words.date, zone=site.zone), "date")
    bp.app_context_processor(lambda: {"watcher": site.name, "zone": site.zone.key, "gate": site.gate})
    _limit(bp, BoundedSemaphore(MOST_AT_ONCE))
    bp.after_request(_add_headers)
    _show_errors(bp)
    return bp


def _limit(bp: Blueprint, slots: BoundedSemaphore) -> None:
    @bp.before_request
    def enter() -> tuple[str, int] | None:
        request.max_content_length = _LONGEST_BODY
        g.has_slot = slots.acquire(timeout=_PATIENCE_S)
        return None if g.has_slot else _error(503, "Too many look at once", "Try again in a moment.")

    @bp.teardown_request
    def leave(_error: BaseException | None) -> None:
        if g.pop("has_slot", False):
            slots.release()


def _add_headers(reply: Response) -> Response:
    for name, value in _HEADERS.items():
        reply.headers.setdefault(name, value)
    return reply


def _show_errors(bp: Blueprint) -> None:
    @bp.errorhandler(WalletError)
    def refused(error: WalletError) -> tuple[str, int]:
        if isinstance(error, NotFound):
            return _error(404, "Not found", f"{error}.")
        if isinstance(error, Unavailable):
            return _error(503, "The store does not answer", f"{error}.")
        return _error(500, "The store refused", f"{error}.")

    @bp.errorhandler(HTTPException)
    def wrong(error: HTTPException) -> tuple[str, int]:
        return _error(error.code or 500, error.name, error.description or "")

    @bp.errorhandler(Exception)
    def broken(error: Exception) -> tuple[str, int]:
        _log.error("page_failed", path=request.path, exc_info=error)
        return _error(500, "This page failed", "The log of this watcher says why. The loop goes on.")


def _error(status: int, title: str, sentence: str) -> tuple[str, int]:
    return render_template("error.html", title=title, sentence=sentence), status
