"""A real MongoDB replica set of one node for development and tests; never for production."""

from wallet.embedded.errors import EmbeddedServerError
from wallet.embedded.server import EmbeddedServer

__all__ = ["EmbeddedServer", "EmbeddedServerError"]
