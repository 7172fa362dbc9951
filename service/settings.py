"""What an API pod is told by its environment."""

from datetime import timedelta
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from service.keys.sources import Source, SourceFault, file, literal, secrets_manager
from service.keys.strength import CURE, is_strong
from service.limits import LimitSettings, limits
from service.top_up_gate import Gate, key_of
from wallet.rules.limits import Limits
from wallet.settings import Settings

_MISSING = SecretStr("")


class ServiceSettings(Settings):
    """Start-up refuses a secret that is missing or that somebody could guess.

    Each of the two secrets is given in one of three ways: as it is, as a file, or as the name of a secret in
    AWS Secrets Manager.
    """

    # Before what they stand in for: a field is checked with those above it.
    jwt_secret_file: Path | None = None
    jwt_secret_aws: str | None = Field(None, description="name or ARN")
    pin_pepper_file: Path | None = None
    pin_pepper_aws: str | None = Field(None, description="name or ARN")
    jwt_secret: SecretStr = Field(_MISSING, validate_default=True)
    pin_pepper: SecretStr = Field(_MISSING, validate_default=True)
    keys_seconds: int = Field(300, ge=1, description="how long keys are taken as they are, before a new look")
    jwt_issuer: str = "dompet"
    jwt_audience: str = "dompet-api"
    port: int = Field(8000, ge=0, le=65_535)
    workers: int = Field(2, ge=1)
    connections: int = Field(1_000, ge=1, description="of a worker, at most")
    access_token_minutes: int = Field(15, ge=1)
    refresh_token_days: int = Field(30, ge=1, description="from login to login, at most")
    refresh_grace_seconds: int = Field(30, ge=0, description="in which the same refresh may be repeated")
    sessions_per_user: int = Field(10, ge=1)
    top_up_gate: Gate = Gate.OPEN
    top_up_secret: SecretStr = Field(_MISSING, description="of the channel, or of the webhook")
    top_up_window_seconds: int = Field(300, ge=1, description="how old a webhook may be")
    top_up_limits: LimitSettings = LimitSettings()
    payment_limits: LimitSettings = LimitSettings()
    transfer_limits: LimitSettings = LimitSettings()
    access_log_sample: float = Field(1.0, ge=0, le=1, description="the share of requests with a log line")

    @field_validator("jwt_secret", "pin_pepper")
    @classmethod
    def _strong(cls, secret: SecretStr, info: ValidationInfo) -> SecretStr:
        text = secret.get_secret_value()
        elsewhere = [way for way in ("file", "aws") if info.data.get(f"{info.field_name}_{way}")]
        if bool(text) + len(elsewhere) > 1:
            raise PydanticCustomError("two_secrets", "is given in two ways: leave one")
        # The keys of tokens are a ring, divided by white space; the pepper is one, whatever is in it.
        parts = text.split() if info.field_name == "jwt_secret" else [text]
        if not elsewhere and not (parts and all(map(is_strong, parts))):
            raise PydanticCustomError("weak_secret", CURE)
        return secret

    @property
    def access_lifetime(self) -> timedelta:
        return timedelta(minutes=self.access_token_minutes)

    def jwt_keys(self) -> Source:
        """Return what reads the keys that tokens are signed with, newest first."""
        if self.jwt_secret_file:
            return file(self.jwt_secret_file)
        if self.jwt_secret_aws:
            return secrets_manager(self.jwt_secret_aws, previous=True)
        return literal(self.jwt_secret.get_secret_value())

    def read_pepper(self) -> str:
        """Return the pepper.

        Raises:
            SourceFault: it cannot be read, or somebody could guess it.
        """
        if self.pin_pepper_file:
            return _strong(file(self.pin_pepper_file)())
        if self.pin_pepper_aws:
            return _strong(secrets_manager(self.pin_pepper_aws, previous=False)())
        return self.pin_pepper.get_secret_value()

    @model_validator(mode="after")
    def _gated(self) -> Self:
        """Refuse a gate without a lock."""
        if self.top_up_gate is not Gate.OPEN and not is_strong(self.top_up_secret.get_secret_value()):
            raise PydanticCustomError("weak_secret", f"TOP_UP_SECRET, which this TOP_UP_GATE needs, {CURE}")
        if self.top_up_gate is Gate.WEBHOOK:
            _check_key(self.top_up_secret)
        return self

    @property
    def limits(self) -> Limits | None:
        """How much users may move; ``None`` when that is not limited."""
        zone = ZoneInfo(self.timezone)
        return limits(self.top_up_limits, self.payment_limits, self.transfer_limits, zone)


def _strong(pepper: str) -> str:
    if not is_strong(pepper):
        raise SourceFault(f"the pepper of PINs {CURE}")
    return pepper


def _check_key(secret: SecretStr) -> None:
    try:
        key_of(secret.get_secret_value())
    except ValueError as error:
        raise PydanticCustomError(
            "not_base64", "TOP_UP_SECRET must be the base64 that the payment provider shows"
        ) from error
