"""What an API pod is told by its environment."""

from pydantic import Field, SecretStr, field_validator
from pydantic_core import PydanticCustomError

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
    access_log_sample: float = Field(1.0, ge=0, le=1, description="the share of requests with a log line")

    @field_validator("jwt_secret", "pin_pepper")
    @classmethod
    def _strong(cls, secret: SecretStr) -> SecretStr:
        text = secret.get_secret_value()
        if len(text) < _SHORTEST_SECRET or len(set(text)) < _FEWEST_CHARACTERS:
            raise PydanticCustomError(
                "weak_secret", "is missing or easy to guess: make one with `openssl rand -base64 32`"
            )
        return secret
