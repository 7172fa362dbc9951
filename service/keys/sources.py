"""Where secrets come from: the environment, a file, or AWS Secrets Manager."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

Source = Callable[[], str]
"""Reads the secret as it is now. Raises ``SourceFault``."""

_CONNECT_S = 2
_READ_S = 3
_CURRENT = "AWSCURRENT"
_PREVIOUS = "AWSPREVIOUS"


class SourceFault(Exception):
    """A secret cannot be read; the message says which and why, never what is in it."""


def literal(text: str) -> Source:
    return lambda: text


def file(path: Path) -> Source:
    def read() -> str:
        try:
            return path.read_text().strip()
        except (OSError, UnicodeDecodeError) as fault:
            reason = getattr(fault, "strerror", None) or "is not text"
            raise SourceFault(f"{path}: {reason}") from fault

    return read


def secrets_manager(secret_id: str) -> Source:
    """Return what reads a secret of AWS: its current version and, if it was ever rotated, the one before.

    Region and credentials are those of AWS's own environment, in a cluster those of the pod's identity.
    """
    clients: list[Any] = []

    def client() -> Any:
        if not clients:
            clients.append(_client())
        return clients[0]

    def read() -> str:
        versions = (_version(client(), secret_id, stage) for stage in (_CURRENT, _PREVIOUS))
        return " ".join(filter(None, versions))

    return _renamed(secret_id, read)


def _client() -> Any:
    # Here, because it costs 25 MB and a third of a second that nobody without AWS should pay.
    import boto3  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415

    bounds = Config(connect_timeout=_CONNECT_S, read_timeout=_READ_S, retries={"total_max_attempts": 2})
    return boto3.session.Session().client("secretsmanager", config=bounds)


def _version(client: Any, secret_id: str, stage: str) -> str:
    try:
        return str(client.get_secret_value(SecretId=secret_id, VersionStage=stage)["SecretString"]).strip()
    except client.exceptions.ResourceNotFoundException:
        if stage == _CURRENT:
            raise
        return ""  # it was never rotated


def _renamed(secret_id: str, read: Source) -> Source:
    def renamed() -> str:
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        try:
            return read()
        except (BotoCoreError, ClientError, KeyError) as fault:
            raise SourceFault(f"the secret {secret_id} of AWS Secrets Manager: {fault}") from fault

    return renamed
