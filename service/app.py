"""Puts the Flask app together from its parts."""

from typing import cast

from apiflask import APIFlask
from flask import Response
from werkzeug.middleware.proxy_fix import ProxyFix

from service import access_log, errors, headers, openapi_document, request_ids, tokens, webhooks
from service.context import EXTENSION, Context
from service.metrics import requests
from service.patience import REQUEST_S
from service.resources import (
    accounts,
    docs,
    document,
    events,
    exports,
    health,
    lookup,
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

_RESOURCES = (
    *(accounts, sessions, profile, lookup),
    *(money, transfers, transactions, statements, exports, events),
    *(health, document),
)


class Api(APIFlask):
    request_class = StrictRequest
    json_provider_class = StrictJson

    def full_dispatch_request(self) -> Response:
        with within(REQUEST_S):
            return super().full_dispatch_request()

    def let_go(self) -> None:
        """Answer all who wait with what is known now, and end the streams: the process is about to stop."""
        cast("Context", self.extensions[EXTENSION]).waiting_room.waiters.let_go()


def create_app(settings: ServiceSettings, context: Context) -> APIFlask:
    """Return the WSGI app that serves ``context``."""
    app = Api(  # what the framework would serve itself names other sites, and costs each time
        __name__,
        title="Dompet",
        version="0.1.0",
        docs_path=None,
        spec_path=None,
        static_folder=None,  # type: ignore[arg-type] # narrower than Flask's
    )
    app.config["VALIDATION_ERROR_STATUS_CODE"] = 400
    app.config["VALIDATION_ERROR_DESCRIPTION"] = "Invalid input"
    app.extensions[EXTENSION] = context
    if settings.proxies:
        # Only what our own proxies added, counted from the end: the rest is what a client claims.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=0, x_host=0)  # type: ignore[method-assign]
    for part in (request_ids, headers, errors, openapi_document):
        part.register(app)
    access_log.register(app, settings.access_log_sample)
    tokens.register(app, settings, context.ring, context.revocations)
    webhooks.register(app)
    for resource in _RESOURCES:
        app.register_blueprint(resource.bp)
    if settings.docs:
        app.register_blueprint(docs.bp)
    requests.register(app)
    return app
