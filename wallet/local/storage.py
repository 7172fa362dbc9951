"""Where exports go on this machine: moto, which speaks as S3 does and keeps everything in memory."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec

from wallet.embedded.ports import LOOPBACK, free_port
from wallet.local.settings import LocalSettings

BUCKET = "dompet-exports"
REGION = "us-east-1"


@dataclass(frozen=True)
class Storage:
    """A server of moto on this machine, with one bucket."""

    port: int
    bucket: str = BUCKET

    @property
    def endpoint(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def env(self) -> Mapping[str, str]:
        """What pods and watchers are told of it. It asks for no credentials, but the client of S3 does."""
        return {
            "EXPORTS_BUCKET": self.bucket,
            "EXPORTS_ENDPOINT": self.endpoint,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",  # nosec B105
            "AWS_DEFAULT_REGION": REGION,
        }


def local_storage(settings: LocalSettings) -> Storage | None:
    """Return one that can be started here; ``None`` where there is a real bucket, or no moto."""
    if settings.exports_bucket or find_spec("moto") is None:
        return None
    return Storage(free_port())
