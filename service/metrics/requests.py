"""How long requests take, by route.

The exporter's own series are not used: they count every request once more without its route, and name each
worker by its pid.
"""

from functools import lru_cache
from time import perf_counter

from apiflask import APIFlask
from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Histogram

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})
_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_PROBES = frozenset({"/livez", "/readyz"})
_FAILURES = (500, 503)
_ANSWERS = {"GET": (200,), "PUT": (200,), "POST": (200, 201, 202)}


def register(app: APIFlask) -> None:
    """Observe every request but the probes. Call it when the routes are known."""
    duration = Histogram(
        "wallet_http_request_duration_seconds",
        "Time to the head of the reply, by route, but for what a client asked to wait; None is no route",
        ["method", "status", "url_rule"],
        buckets=_BUCKETS_S,
        registry=CollectorRegistry(),
    )
    series = lru_cache(maxsize=None)(duration.labels)  # as bounded as the labels are
    for key in _expected(app):
        series(*key)

    def observe(reply: Response) -> Response:
        if request.path not in _PROBES and request.method in _METHODS:
            child = series(request.method, reply.status_code, str(request.url_rule))
            child.observe(perf_counter() - g.started - g.get("waited_s", 0.0))
        return reply

    app.after_request(observe)


def _expected(app: Flask) -> list[tuple[str, int, str]]:
    """Return what every route may answer: so that even the first failure is a step up from 0."""
    return [
        (method, status, rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.rule not in _PROBES
        for method, answers in _ANSWERS.items()
        if method in (rule.methods or ())
        for status in (*answers, *_FAILURES)
    ]
