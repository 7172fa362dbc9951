"""Puts the Flask app together from its parts."""

from apiflask import APIFlask
from flask import Response
from werkzeug.middleware.proxy_fix import ProxyFix

from service import access_log, errors, headers, openapi, request_ids, tokens, webhooks
from service.context import EXTENSION, Context
from service.metrics import requests
from service.resources import (
    accounts,
    exports,
    health,
    money,
    profile,
    sessions,
    statements,
    transactions,
    transfers,
)
from service.settings import ServiceSettings
from service.strict_json import StrictJson, StrictRequest
from wallet.store.deadline import within

REQUEST_S = 9.0
"""For all that a request reads and writes. With what comes before and after, ten seconds are promised."""


class Api(APIFlask):
    request_class = StrictRequest
    json_provider_class = StrictJson

    def full_dispatch_request(self) -> Response:
        with within(REQUEST_S):
            return super().full_dispatch_request()


def create_app(settings: ServiceSettings, context: Context) -> APIFlask:
    """Return the WSGI app that serves ``context``."""
    app = Api(__name__, title="Dompet", version="0.1.0", docs_path=None, static_folder=None)  # type: ignore[arg-type] # narrower than Flask's
    app.config["VALIDATION_ERROR_STATUS_CODE"] = 400
    app.config["VALIDATION_ERROR_DESCRIPTION"] = "Invalid input"
    app.extensions[EXTENSION] = context
    if settings.proxies:
        # Only what our own proxies added, counted from the end: the rest is what a client claims.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=0, x_host=0)  # type: ignore[method-assign]
    for part in (request_ids, headers, errors, openapi):
        part.register(app)
    access_log.register(app, settings.access_log_sample)
    tokens.register(app, settings, context.ring, context.revocations)
    webhooks.register(app)
    for resource in (
        accounts,
        sessions,
        profile,
        money,
        transfers,
        transactions,
        statements,
        exports,
        health,
    ):
        app.register_blueprint(resource.bp)
    requests.register(app)
    return app
