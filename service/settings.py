"""What an API pod is told by its environment."""

from typing import Self
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_core import PydanticCustomError

from service.limits import LimitSettings, limits
from service.top_up_gate import Gate, key_of
from wallet.rules.limits import Limits
from wallet.settings import Settings

_SHORTEST_SECRET = 32
_FEWEST_CHARACTERS = 12
_MISSING = SecretStr("")


class ServiceSettings(Settings):
    """Start-up refuses a secret that is missing or that somebody could guess."""

    jwt_secret: SecretStr = Field(_MISSING, validate_default=True)
    pin_pepper: SecretStr = Field(_MISSING, validate_default=True)
    port: int = Field(8000, ge=0, le=65_535)
    workers: int = Field(2, ge=1)
    connections: int = Field(1_000, ge=1, description="of a worker, at most")
    access_token_minutes: int = Field(15, ge=1)
    refresh_token_days: int = Field(30, ge=1)
    top_up_gate: Gate = Gate.OPEN
    top_up_secret: SecretStr = Field(_MISSING, description="of the channel, or of the webhook")
    top_up_window_seconds: int = Field(300, ge=1, description="how old a webhook may be")
    top_up_limits: LimitSettings = LimitSettings()
    payment_limits: LimitSettings = LimitSettings()
    transfer_limits: LimitSettings = LimitSettings()
    access_log_sample: float = Field(1.0, ge=0, le=1, description="the share of requests with a log line")

    @field_validator("jwt_secret", "pin_pepper")
    @classmethod
    def _strong(cls, secret: SecretStr) -> SecretStr:
        if _is_weak(secret):
            raise PydanticCustomError(
                "weak_secret", "is missing or easy to guess: make one with `openssl rand -base64 32`"
            )
        return secret

    @model_validator(mode="after")
    def _gated(self) -> Self:
        """Refuse a gate without a lock."""
        if self.top_up_gate is not Gate.OPEN and _is_weak(self.top_up_secret):
            raise PydanticCustomError(
                "weak_secret", "TOP_UP_SECRET is missing or easy to guess: this TOP_UP_GATE needs one"
            )
        if self.top_up_gate is Gate.WEBHOOK:
            _check_key(self.top_up_secret)
        return self

    @property
    def limits(self) -> Limits | None:
        """How much users may move; ``None`` when that is not limited."""
        zone = ZoneInfo(self.timezone)
        return limits(self.top_up_limits, self.payment_limits, self.transfer_limits, zone)


def _is_weak(secret: SecretStr) -> bool:
    text = secret.get_secret_value()
    return len(text) < _SHORTEST_SECRET or len(set(text)) < _FEWEST_CHARACTERS


def _check_key(secret: SecretStr) -> None:
    try:
        key_of(secret.get_secret_value())
    except ValueError as error:
        raise PydanticCustomError(
            "not_base64", "TOP_UP_SECRET must be the base64 that the payment provider shows"
        ) from error
