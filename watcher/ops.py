"""The watcher's own small port: metrics, liveness, readiness."""

from collections.abc import Callable
from socketserver import ThreadingMixIn
from threading import Thread
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from flask import Flask, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from wallet.errors import WalletError

STALLED_AFTER_S = 30.0
"""A loop that has not turned for so long is dead: restart the process."""


def create_app(
    registry: CollectorRegistry, stalled_s: Callable[[], float], check: Callable[[], None]
) -> Flask:
    """Return the WSGI app; ``check`` raises when the store cannot be used."""
    app = Flask(__name__)

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)

    @app.get("/livez")
    def alive() -> tuple[dict[str, object], int]:
        stalled = stalled_s()
        return {"stalled_seconds": round(stalled, 1)}, 503 if stalled > STALLED_AFTER_S else 200

    @app.get("/readyz")
    def ready() -> tuple[dict[str, object], int]:
        try:
            check()
        except WalletError as error:
            return {"message": str(error), "code": error.code}, 503
        return {"status": "ready"}, 200

    return app


class OpsServer(Thread):
    """Serves the app on ``port`` until stopped."""

    def __init__(self, app: Flask, host: str, port: int) -> None:
        super().__init__(name="ops", daemon=True)
        self._server = make_server(host, port, app, server_class=_Server, handler_class=_Handler)

    @property
    def port(self) -> int:
        return self._server.server_port

    def run(self) -> None:
        self._server.serve_forever()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self.join()


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Handler(WSGIRequestHandler):
    timeout = 5  # seconds: a client that hangs must not hold a thread

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing: probes and scrapes are not news."""
