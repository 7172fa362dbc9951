"""Operation ids: what makes a retry find its own entry."""

import re
import uuid
from collections.abc import Mapping

import uuid_utils

from wallet.errors import InvalidInput
from wallet.models import Kind

_NAMESPACE = uuid.UUID("5f0c1b7e-6a55-5d3c-9d2b-0f6f7f5f8a11")
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


def new_id() -> uuid.UUID:
    """Return a UUIDv7: unique, and rising with time, so that primary keys are written side by side."""
    return uuid.UUID(bytes=uuid_utils.uuid7().bytes)


def operation_id(user: uuid.UUID, kind: Kind, key: str | None, scope: str = "") -> uuid.UUID:
    """Return the id of what ``user`` asks for.

    With an idempotency key it is a UUIDv5 of all of them, so the same request always has the same id and
    the keys of two users, two kinds or two scopes never meet. Without one it is new each time.
    """
    return id_of(user, f"{kind}{scope}", key)


def differing(compared: Mapping[str, tuple[object, object]]) -> dict[str, str]:
    """Return what is wrong with a request whose key was used before, by field.

    Args:
        compared: by field, what is asked for now and what was asked for first.
    """
    return {name: differs_from(first) for name, (asked, first) in compared.items() if asked != first}


def differs_from(first: object) -> str:
    return f"differs from the first request with this key: {first}"


def id_of(user: uuid.UUID, what: str, key: str | None) -> uuid.UUID:
    """Return the id of ``what`` is asked for by ``user``: with a key always the same, without one new.

    Raises:
        InvalidInput: this cannot be a key.
    """
    if key is None:
        return new_id()
    if _KEY.fullmatch(key) is None:
        raise InvalidInput({"Idempotency-Key": "must be 1 to 255 printable ASCII characters without spaces"})
    return uuid.uuid5(_NAMESPACE, f"{user}\n{what}\n{key}")
