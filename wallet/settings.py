"""What every process is told by its environment."""

from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from wallet.logs import LogFormat
from wallet.rules.money import LARGEST_CAP


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError("must be a time zone of the tz database, such as Asia/Jakarta") from error
    return name


class Settings(BaseSettings):
    """Read once, in a composition root."""

    # Without the input: an error of one variable must not show the secrets of the others.
    model_config = SettingsConfigDict(env_ignore_empty=True, frozen=True, hide_input_in_errors=True)

    mongodb_uri: str
    mongodb_database: str = "dompet"
    timezone: Annotated[str, AfterValidator(_zone)] = "Asia/Jakarta"
    balance_cap: int = Field(LARGEST_CAP, ge=1, le=LARGEST_CAP)
    listen_host: str = "0.0.0.0"  # a pod listens on every interface of its container  # nosec B104
    metrics_port: int = Field(9100, ge=0, le=65_535)
    revision: str = Field("unknown", description="of the source that was built")
    log_format: LogFormat = "json"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
