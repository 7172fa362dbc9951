"""What `dompet up` is told by its environment."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from wallet.local.errors import LocalError

LARGEST_PORT = 65_535
MOST_WATCHERS = 64


class LocalSettings(BaseSettings):
    model_config = SettingsConfigDict(env_ignore_empty=True, frozen=True)

    port: int = Field(8000, ge=1, le=LARGEST_PORT)
    metrics_port: int = Field(9100, ge=1, le=LARGEST_PORT - MOST_WATCHERS)
    data_dir: Annotated[Path, AfterValidator(Path.resolve)] = Path(".dompet")
    mongodb_uri: str | None = None
    workers: int = Field(2, ge=1)
    watchers: int = Field(1, ge=0, le=MOST_WATCHERS)
    example_data: bool = True
    docs: bool = True
    exports_bucket: str | None = None

    def watcher_port(self, index: int) -> int:
        return self.metrics_port + 1 + index


def read_settings() -> LocalSettings:
    try:
        return LocalSettings()
    except ValidationError as error:
        raise LocalError("; ".join(map(str, complaints(error)))) from error


def complaints(error: ValidationError) -> list[str]:
    return [f"{'.'.join(map(str, item['loc'])).upper()}: {item['msg']}" for item in error.errors()]
