"""What an API pod is told about its secrets."""

from pathlib import Path

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from service.keys.sources import Source, SourceFault, file, literal, secrets_manager
from service.keys.strength import CURE, is_strong
from wallet.pins import Peppers
from wallet.settings import Settings

NO_SECRET = SecretStr("")


class KeySettings(Settings):
    """Start-up refuses a secret that is missing or that somebody could guess.

    Each of the two secrets is given in one of three ways: as it is, as a file, or as the name of a secret in
    AWS Secrets Manager. Several of a kind are divided by white space: the first one is for what is made now,
    the others for what was made before.
    """

    # Before what they stand in for: a field is checked with those above it.
    jwt_secret_file: Path | None = None
    jwt_secret_aws: str | None = Field(None, description="name or ARN")
    pin_pepper_file: Path | None = None
    pin_pepper_aws: str | None = Field(None, description="name or ARN")
    jwt_secret: SecretStr = Field(NO_SECRET, validate_default=True)
    pin_pepper: SecretStr = Field(NO_SECRET, validate_default=True)
    keys_seconds: int = Field(300, ge=1, description="how long keys are taken as they are, before a new look")
    jwt_issuer: str = "dompet"
    jwt_audience: str = "dompet-api"

    @field_validator("jwt_secret", "pin_pepper")
    @classmethod
    def _strong(cls, secret: SecretStr, info: ValidationInfo) -> SecretStr:
        text = secret.get_secret_value()
        elsewhere = [way for way in ("file", "aws") if info.data.get(f"{info.field_name}_{way}")]
        if bool(text) + len(elsewhere) > 1:
            raise PydanticCustomError("two_secrets", "is given in two ways: leave one")
        if not elsewhere and not _all_strong(text):
            raise PydanticCustomError("weak_secret", CURE)
        return secret

    def jwt_keys(self) -> Source:
        """Return what reads the keys that tokens are signed with."""
        return _source(self.jwt_secret, self.jwt_secret_file, self.jwt_secret_aws)

    def peppers(self) -> Peppers:
        """Read the keys that PINs are hashed with.

        Raises:
            SourceFault: they cannot be read, or somebody could guess one of them.
        """
        text = _source(self.pin_pepper, self.pin_pepper_file, self.pin_pepper_aws)()
        if not _all_strong(text):
            raise SourceFault(f"the pepper of PINs {CURE}")
        return Peppers.of(text)


def _source(secret: SecretStr, path: Path | None, aws: str | None) -> Source:
    if path:
        return file(path)
    return secrets_manager(aws) if aws else literal(secret.get_secret_value())


def _all_strong(text: str) -> bool:
    parts = text.split()
    return bool(parts) and all(map(is_strong, parts))
