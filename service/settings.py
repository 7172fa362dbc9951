"""What an API pod is told by its environment."""

from pydantic import Field, SecretStr, field_validator
from pydantic_core import PydanticCustomError

from wallet.pins import Peppers
from wallet.rules.rate import MINUTE_MS
from wallet.settings import Settings

_SHORTEST_SECRET = 32
_FEWEST_CHARACTERS = 12
_MISSING = SecretStr("")


class ServiceSettings(Settings):
    """Start-up refuses a secret that is missing or that somebody could guess."""

    jwt_secret: SecretStr = Field(_MISSING, validate_default=True)
    pin_pepper: SecretStr = Field(_MISSING, validate_default=True)
    pin_pepper_previous: SecretStr | None = Field(None, description="that older PINs are hashed with")
    pin_blocklist: bool = Field(True, description="refuses PINs that are easy to guess")
    proxies: int = Field(0, ge=0, le=10, description="in front of the pod that add to X-Forwarded-For")
    rate_limits: bool = Field(True, description="those of the next four, a minute; never the login guard")
    logins_per_address: int = Field(60, ge=1, le=MINUTE_MS)
    logins_in_all: int = Field(3_000, ge=1, le=MINUTE_MS)
    registrations_per_address: int = Field(20, ge=1, le=MINUTE_MS)
    registrations_in_all: int = Field(600, ge=1, le=MINUTE_MS)
    port: int = Field(8000, ge=0, le=65_535)
    workers: int = Field(2, ge=1)
    connections: int = Field(1_000, ge=1, description="of a worker, at most")
    access_token_minutes: int = Field(15, ge=1)
    refresh_token_days: int = Field(30, ge=1)
    access_log_sample: float = Field(1.0, ge=0, le=1, description="the share of requests with a log line")

    @property
    def peppers(self) -> Peppers:
        previous = self.pin_pepper_previous
        return Peppers(self.pin_pepper.get_secret_value(), (previous.get_secret_value(),) if previous else ())

    @field_validator("jwt_secret", "pin_pepper", "pin_pepper_previous")
    @classmethod
    def _strong(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is None:
            return None
        text = secret.get_secret_value()
        if len(text) < _SHORTEST_SECRET or len(set(text)) < _FEWEST_CHARACTERS:
            raise PydanticCustomError(
                "weak_secret", "is missing or easy to guess: make one with `openssl rand -base64 32`"
            )
        return secret
