"""What an API pod is told by its environment."""

from datetime import timedelta
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError

from service.keys.settings import NO_SECRET, KeySettings
from service.keys.strength import CURE, is_strong
from service.limits import LimitSettings, limits
from service.top_up_gate import Gate, key_of
from wallet.exports.settings import ExportSettings
from wallet.rules.limits import Limits
from wallet.rules.rate import MINUTE_MS, MISS


class ServiceSettings(KeySettings, ExportSettings):
    port: int = Field(8000, ge=0, le=65_535)
    workers: int = Field(2, ge=1)
    connections: int = Field(1_000, ge=1, description="of a worker, at most, besides those who wait")
    waiters: int = Field(1_000, ge=0, description="who wait for transfers or events, of a worker, at most")
    access_token_minutes: int = Field(15, ge=1)
    refresh_token_days: int = Field(30, ge=1, description="from login to login, at most")
    refresh_grace_seconds: int = Field(30, ge=0, description="in which the same refresh may be repeated")
    sessions_per_user: int = Field(10, ge=1)
    pin_blocklist: bool = Field(True, description="refuses PINs that are easy to guess")
    proxies: int = Field(0, ge=0, le=10, description="in front of the pod that add to X-Forwarded-For")
    rate_limits: bool = Field(True, description="those of the next nine, a minute; never the login guard")
    logins_per_address: int = Field(60, ge=1, le=MINUTE_MS)
    logins_in_all: int = Field(3_000, ge=1, le=MINUTE_MS)
    registrations_per_address: int = Field(20, ge=1, le=MINUTE_MS)
    registrations_in_all: int = Field(600, ge=1, le=MINUTE_MS)
    lookups_per_user: int = Field(30, ge=MISS, le=MINUTE_MS, description="of numbers that are somebody's")
    lookups_per_address: int = Field(120, ge=1, le=MINUTE_MS)
    lookups_in_all: int = Field(3_000, ge=1, le=MINUTE_MS)
    exports_per_user: int = Field(10, ge=1, le=MINUTE_MS)
    exports_in_all: int = Field(300, ge=1, le=MINUTE_MS)
    top_up_gate: Gate = Gate.OPEN
    top_up_secret: SecretStr = Field(NO_SECRET, description="of the channel, or of the webhook")
    top_up_window_seconds: int = Field(300, ge=1, description="how old a webhook may be")
    top_up_limits: LimitSettings = LimitSettings()
    payment_limits: LimitSettings = LimitSettings()
    transfer_limits: LimitSettings = LimitSettings()
    docs: bool = Field(True, description="serves the interactive documentation")
    access_log_sample: float = Field(1.0, ge=0, le=1, description="the share of requests with a log line")

    @property
    def access_lifetime(self) -> timedelta:
        return timedelta(minutes=self.access_token_minutes)

    @property
    def limits(self) -> Limits | None:
        """How much users may move; ``None`` when that is not limited."""
        zone = ZoneInfo(self.timezone)
        return limits(self.top_up_limits, self.payment_limits, self.transfer_limits, zone)

    @model_validator(mode="after")
    def _gated(self) -> Self:
        """Refuse a gate without a lock."""
        if self.top_up_gate is not Gate.OPEN and not is_strong(self.top_up_secret.get_secret_value()):
            raise PydanticCustomError("weak_secret", f"TOP_UP_SECRET, which this TOP_UP_GATE needs, {CURE}")
        if self.top_up_gate is Gate.WEBHOOK:
            _check_key(self.top_up_secret)
        return self


def _check_key(secret: SecretStr) -> None:
    try:
        key_of(secret.get_secret_value())
    except ValueError as error:
        raise PydanticCustomError(
            "not_base64", "TOP_UP_SECRET must be the base64 that the payment provider shows"
        ) from error
