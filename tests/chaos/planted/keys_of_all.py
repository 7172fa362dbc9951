"""B13: an idempotency key belongs to whoever used it first, whoever else has one like it."""

from uuid import UUID

from tests.chaos.planted.patch import Patch
from wallet.models import Kind
from wallet.rules.identity import operation_id
from wallet.use_cases import movements

_ANYBODY = UUID(int=0)


def plant(patch: Patch = setattr) -> None:
    def unscoped(_user: UUID, kind: Kind, key: str | None, scope: str = "") -> UUID:
        return operation_id(_ANYBODY, kind, key, scope)

    patch(movements, "operation_id", unscoped)
