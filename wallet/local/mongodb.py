"""The MongoDB that everything uses: the one that was given, or an embedded one that is kept running."""

from pathlib import Path
from urllib.parse import urlsplit

from wallet.embedded import EmbeddedServer
from wallet.embedded.ports import is_free
from wallet.local.settings import LocalSettings
from wallet.supervisor.supervisor import Supervisor


def start_mongodb(settings: LocalSettings, supervisor: Supervisor) -> str:
    """Return the connection string of a replica set that takes writes."""
    return settings.mongodb_uri or start_embedded(settings.data_dir, supervisor)


def start_embedded(data_dir: Path, supervisor: Supervisor) -> str:
    uri_file = data_dir / "mongodb-uri"
    supervisor.say("starting MongoDB")
    server = EmbeddedServer(data_dir, port=port_of_last_time(uri_file))
    server.start(supervisor.pause)
    supervisor.keep(server.process)
    uri_file.write_text(f"{server.uri}\n")
    return server.uri


def port_of_last_time(uri_file: Path) -> int | None:
    """Return it if it is still free: tools keep their connection strings."""
    port = urlsplit(uri_file.read_text().strip()).port if uri_file.exists() else None
    return port if port and is_free(port) else None
